import type { ExitCode } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printOrFollow } from "../follow-execution.ts";

/** `task retry ID`: the task runs in a new execution, which is printed or followed. */
export async function run(call: Call): Promise<ExitCode> {
  using controlPlane = await openControlPlane(call);
  const { tasks, executions } = controlPlane.services;
  const { executionId } = await controlPlane.ask(tasks.retryTask.bind(tasks), { id: nameOf(call.args[0] ?? "", "task") });
  return await printOrFollow(call, controlPlane, await controlPlane.ask(executions.getExecution.bind(executions), { id: executionId }));
}
