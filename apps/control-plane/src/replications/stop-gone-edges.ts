import { edgeName, readEdgeName } from "@transship/model";
import type { Store } from "@transship/store";
import type { Executions } from "../executions/executions.ts";

/**
 * Stops what runs for edges that are no more, or that lead from another instance now. To be called after replications changed. Nothing at a replica is deleted: what
 * arrived stays.
 */
export async function stopGoneEdges(store: Store, executions: Pick<Executions, "stop">): Promise<void> {
  const since = new Map(
    (await store.topology.listEdges()).map(({ replication, replica, createdAt }) => [edgeName(replication, replica), createdAt]),
  );
  for (const { id, rule, createdAt } of await store.executions.unfinished()) {
    if (readEdgeName(rule) === undefined) continue;
    const edge = since.get(rule);
    if (edge !== undefined && edge <= createdAt) continue;
    await executions.stop(id, edge === undefined ? "the removal of its edge" : "a change of its edge's source");
  }
}
