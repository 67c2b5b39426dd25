import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { printChanges } from "../topology/print-changes.ts";
import { submitFiles } from "../topology/submit.ts";

/** `apply -f FILE`. */
export async function run(call: Call): Promise<void> {
  const dryRun = call.settings.flag("dry-run");
  using controlPlane = await openControlPlane(call);
  const changes = await submitFiles(call, controlPlane, { prune: call.settings.flag("prune"), dryRun });
  await printChanges(call, changes, dryRun);
}
