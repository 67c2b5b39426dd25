import { EXIT, type ExitCode } from "@transship/errors";
import type { Call } from "../command.ts";
import { openControlPlane } from "../connection/control-plane.ts";
import { printChanges } from "../topology/print-changes.ts";
import { submitFiles } from "../topology/submit.ts";

/** `diff -f FILE`: what applying would change; exit 8 when something would. */
export async function run(call: Call): Promise<ExitCode> {
  using controlPlane = await openControlPlane(call);
  const changes = await submitFiles(call, controlPlane, { prune: call.settings.flag("prune"), dryRun: true });
  const different = changes.filter((change) => change.outcome !== "unchanged");
  await printChanges(call, different, true);
  return different.length === 0 ? EXIT.ok : EXIT.differences;
}
