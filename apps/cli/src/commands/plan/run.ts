import { type ExitCode, TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printOrFollow } from "../follow-execution.ts";

/** Both sides are listed again before it starts, which takes a while for many repositories; in milliseconds. */
const LONGEST_CHECK_MS = 3_600_000;

/** `plan run ID [--wait]`: runs a saved plan that still holds. */
export async function run(call: Call): Promise<ExitCode> {
  const id = nameOf(call.args[0] ?? "", "plan");
  using controlPlane = await openControlPlane(call);
  const { plans } = controlPlane.services;
  const { execution } = await controlPlane.ask(plans.runPlan.bind(plans), { id }, LONGEST_CHECK_MS);
  if (execution === undefined)
    throw new TransshipError("INTERNAL", { what: `running plan ${id}`, why: "the control plane answered without an execution" });
  return await printOrFollow(call, controlPlane, execution);
}
