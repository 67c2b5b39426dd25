import type { ExitCode } from "@transship/errors";
import { EXIT } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { executionDocument } from "../../documents/execution.ts";
import { executions as noun } from "../../nouns/execution.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { printList } from "../../output/print.ts";
import { followAll, printOrFollow } from "../follow-execution.ts";

/** `replication run NAME [REPLICA] [--wait]`. */
export async function run(call: Call): Promise<ExitCode> {
  const name = nameOf(call.args[0] ?? "", "replication");
  const replica = call.args[1] === undefined ? undefined : nameOf(call.args[1], "instance");
  using controlPlane = await openControlPlane(call);
  const { replications } = controlPlane.services;
  const request = { name, replicas: replica === undefined ? [] : [replica] };
  const { executions } = await controlPlane.ask(replications.runReplication.bind(replications), request);
  const [only] = executions;
  if (replica !== undefined && only !== undefined) return await printOrFollow(call, controlPlane, only);
  if (call.settings.flag("wait")) return await followAll(call, controlPlane, executions);
  await printList(call, executions.map(executionDocument), noun);
  return EXIT.ok;
}
