import { type EdgeStatus, type ExecutionSummary, edgeName, edgeStatus, type Replication } from "@transship/model";
import type { EdgeRecord, Store } from "@transship/store";

/** What the states of edges are worked out from. */
export type EdgeStores = Pick<Store, "topology" | "executions">;

/** Ids of unfinished executions by what they are of, oldest first. */
export async function unfinishedByRule({ executions }: Pick<Store, "executions">): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  for (const { id, rule } of await executions.unfinished()) found.set(rule, [...(found.get(rule) ?? []), id]);
  return found;
}

/** State, lag and backlog of one edge, with what is under way for it. */
export async function statusOfEdge(
  { executions }: Pick<Store, "executions">,
  { spec, createdAt }: Replication,
  record: EdgeRecord | undefined,
  ids: readonly string[],
  now: Date,
): Promise<EdgeStatus & { readonly unfinished: readonly ExecutionSummary[] }> {
  const unfinished = await Promise.all(ids.map((id) => executions.get(id)));
  const waiting = unfinished.filter(({ state, scoped }) => scoped && state === "queued");
  const scopes = await Promise.all(waiting.map(({ id }) => executions.scope(id)));
  const facts = {
    enabled: spec.enabled,
    since: record?.createdAt ?? createdAt,
    filledAt: record?.filledAt,
    failingSince: record?.failingSince,
    unfinished,
    waitingEntries: scopes.reduce((sum, scope) => sum + (scope?.length ?? 0), 0),
  };
  return { ...edgeStatus(facts, now), unfinished };
}

/** State, lag and backlog of all edges. One for which nothing is under way costs no statement of its own. */
export async function* statusesOfEdges(
  store: EdgeStores,
  now: Date,
): AsyncGenerator<EdgeStatus & { readonly replication: string; readonly replica: string }> {
  const records = new Map((await store.topology.listEdges()).map((record) => [edgeName(record.replication, record.replica), record]));
  const unfinished = await unfinishedByRule(store);
  for (const replication of await store.topology.listReplications()) {
    for (const { to } of replication.spec.edges) {
      const name = edgeName(replication.name, to);
      const status = await statusOfEdge(store, replication, records.get(name), unfinished.get(name) ?? [], now);
      yield { ...status, replication: replication.name, replica: to };
    }
  }
}
