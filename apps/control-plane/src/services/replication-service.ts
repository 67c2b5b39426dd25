import { executionToMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { edgeName } from "@transship/model";
import type { Handlers } from "../calls/handlers.ts";
import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { describeReplication } from "../replications/describe-replication.ts";
import { unfinishedByRule } from "../replications/edge-statuses.ts";
import { promoteReplica } from "../replications/promote-replica.ts";

/** Replications: looked at, switched, run and turned round; `changed` is called after each change of a tree. */
export function replicationService(
  { unary }: Handlers,
  desk: ExecutionDesk,
  executions: Executions,
  changed: () => void,
  stopping: AbortSignal,
): wire.ReplicationServiceServer {
  const { topology } = desk.store;
  return {
    listReplications: unary(async () => {
      const unfinished = await unfinishedByRule(desk.store);
      const replications = [];
      for (const replication of await topology.listReplications())
        replications.push(await describeReplication(desk, replication, unfinished));
      return { replications };
    }),
    getReplication: unary(async ({ name }) => describeReplication(desk, await topology.getReplication(name))),
    setReplicationEnabled: unary(async ({ name, enabled }) => {
      const replication = await topology.setReplicationEnabled(name, enabled, desk.now());
      changed();
      return describeReplication(desk, replication);
    }),
    runReplication: unary(async ({ name, replicas }) => {
      const { spec } = await topology.getReplication(name);
      const known = spec.edges.map(({ to }) => to);
      const unknown = replicas.find((replica) => !known.includes(replica));
      if (unknown !== undefined) {
        throw new TransshipError("NOT_FOUND", { what: `replica ${unknown} of ${name}`, why: `it has ${known.join(", ")}` });
      }
      const opened = [];
      for (const replica of known.filter((one) => replicas.length === 0 || replicas.includes(one))) {
        opened.push(executionToMessage((await executions.run(edgeName(name, replica))).execution));
      }
      return { executions: opened };
    }),
    promoteReplica: unary(async ({ name, replica, force }) => {
      const compared = await promoteReplica(desk, await topology.getReplication(name), replica, force, stopping);
      changed();
      return { replication: await describeReplication(desk, await topology.getReplication(name)), compared };
    }),
  };
}
