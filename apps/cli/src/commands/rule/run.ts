import { wire } from "@transship/api";
import { type ExitCode, TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printOrFollow } from "../follow-execution.ts";

/** `rule run NAME [--wait] [--settle]`. */
export async function run(call: Call): Promise<ExitCode> {
  const name = nameOf(call.args[0] ?? "", "rule");
  using controlPlane = await openControlPlane(call);
  const { rules } = controlPlane.services;
  const { execution, outcome } = await controlPlane.ask(rules.runRule.bind(rules), { name, settle: call.settings.flag("settle") });
  if (execution === undefined)
    throw new TransshipError("INTERNAL", { what: `running rule ${name}`, why: "the control plane answered without an execution" });
  if (outcome === wire.RunRuleResponse_Outcome.QUEUED)
    call.streams.err.write(`execution ${execution.id} waits: another one of rule ${name} is running\n`);
  if (outcome === wire.RunRuleResponse_Outcome.MERGED)
    call.streams.err.write(`execution ${execution.id} of rule ${name} was waiting already; this run is merged with it\n`);
  return await printOrFollow(call, controlPlane, execution);
}
