import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { executionDocument } from "../../documents/execution.ts";
import { executions } from "../../nouns/execution.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printDocument } from "../../output/print.ts";

/** `execution stop ID`. */
export async function run(call: Call): Promise<void> {
  using controlPlane = await openControlPlane(call);
  const { executions: service } = controlPlane.services;
  const stopped = await controlPlane.ask(service.stopExecution.bind(service), { id: nameOf(call.args[0] ?? "", "execution") });
  await printDocument(call, executionDocument(stopped), executions);
}
