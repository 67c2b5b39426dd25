import type { ExitCode } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printOrFollow } from "../follow-execution.ts";

/** `execution retry ID [--failed-only]`. */
export async function run(call: Call): Promise<ExitCode> {
  using controlPlane = await openControlPlane(call);
  const { executions } = controlPlane.services;
  const request = { id: nameOf(call.args[0] ?? "", "execution"), failedOnly: call.settings.flag("failed-only") };
  return await printOrFollow(call, controlPlane, await controlPlane.ask(executions.retryExecution.bind(executions), request));
}
