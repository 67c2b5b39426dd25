import {
  driftCheckToMessage,
  edgeStateToMessage,
  executionToMessage,
  storedFailureToMessage,
  storedReplicationToMessage,
  type wire,
} from "@transship/api";
import { type Edge, edgeName, edgeRule, type Replication, recordOf } from "@transship/model";
import type { EdgeRecord, Store } from "@transship/store";
import type { Rates } from "../executions/rates.ts";
import { duePoll } from "../triggers/due-poll.ts";
import { statusOfEdge, unfinishedByRule } from "./edge-statuses.ts";

/** What describing needs. */
export interface ReplicationDesk {
  readonly store: Store;
  readonly rates: Rates;
  readonly now: () => Date;
}

/** Executions that an edge's record is made of. */
const RECORDED = 20;

/** A replication with how each of its edges does. `unfinished`: the unfinished executions of everything, oldest first; read where absent. */
export async function describeReplication(
  desk: ReplicationDesk,
  replication: Replication,
  unfinished?: ReadonlyMap<string, readonly string[]>,
): Promise<wire.Replication> {
  const open = unfinished ?? (await unfinishedByRule(desk.store));
  const records = new Map((await desk.store.topology.listEdges(replication.name)).map((record) => [record.replica, record]));
  const edges: wire.EdgeStatus[] = [];
  const checks = new Map(
    (await desk.store.drift.checks({ kind: "replication", name: replication.name })).map((check) => [check.replica, check]),
  );
  for (const edge of replication.spec.edges) {
    const described = await describeEdge(desk, replication, edge, records.get(edge.to), open);
    const check = checks.get(edge.to);
    edges.push(check === undefined ? described : { ...described, drift: driftCheckToMessage(check) });
  }
  const { createdAt, updatedAt } = replication;
  return { resource: storedReplicationToMessage(replication), createdAt, updatedAt, edges };
}

async function describeEdge(
  { store, rates, now }: ReplicationDesk,
  replication: Replication,
  edge: Edge,
  record: EdgeRecord | undefined,
  open: ReadonlyMap<string, readonly string[]>,
): Promise<wire.EdgeStatus> {
  const rule = edgeRule(replication, edge);
  const { state, lagMs, backlog, unfinished } = await statusOfEdge(store, replication, record, open.get(rule.name) ?? [], now());
  const [newest] = await store.executions.list({ rule: rule.name }, { limit: 1 });
  const { executions, lastSuccessAt } = await store.executions.ended(rule.name, RECORDED);
  const ended = recordOf(executions, lastSuccessAt);
  const failure = record?.failingSince === undefined ? undefined : await lastFailure(store, rule.name);
  const next = duePoll(rule, await store.triggers.get(rule.name), record?.repairAt);
  return {
    from: edge.from,
    to: edge.to,
    rule: edgeName(replication.name, edge.to),
    state: edgeStateToMessage(state),
    lagMs,
    backlog,
    bytesPerSecond: unfinished.reduce((sum, { id }) => sum + rates.of(id, now()), 0),
    filledAt: record?.filledAt ?? "",
    nextSweepAt: next?.at.toISOString() ?? "",
    lastExecution: newest && executionToMessage(newest),
    failure: failure && storedFailureToMessage(failure),
    record: ended && { ...ended, lastSuccessAt: ended.lastSuccessAt ?? "" },
  };
}

/** Why the newest execution that did not bring everything over did not. */
async function lastFailure(store: Store, rule: string) {
  const states = ["failed", "partial"] as const;
  const newest = await Promise.all(states.map(async (state) => (await store.executions.list({ rule, state }, { limit: 1 }))[0]));
  const [last] = newest.filter((execution) => execution !== undefined).sort((a, b) => (a.id < b.id ? 1 : -1));
  if (last === undefined || last.failure !== undefined) return last?.failure;
  const [task] = await store.tasks.list({ executionId: last.id, states: ["failed"] }, { limit: 1 });
  return task?.failure;
}
