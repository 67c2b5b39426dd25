import { type Edge, edgeName, edgeRules, type ReplicationSpec, type Rule, readEdgeName } from "@transship/model";
import type { Tx } from "../database.ts";
import { dropDrift } from "../drift/drift-rows.ts";
import { notFound } from "../not-found.ts";
import type { ReplicationEdgeRow } from "../tables.ts";
import type { EdgeRecord } from "../topology-store.ts";
import { replicationOf, resourceRow, resourceRows, ruleOf } from "./topology-rows.ts";

/** How an edge does. */
export function edgeOf(row: ReplicationEdgeRow): EdgeRecord {
  return {
    replication: row.replication,
    replica: row.replica,
    source: row.source,
    createdAt: row.created_at,
    filledAt: row.filled_at ?? undefined,
    failingSince: row.failing_since ?? undefined,
    repairAt: row.repair_at ?? undefined,
  };
}

/** Edges of one replication, or of all. */
export async function edgeRecords(tx: Tx, replication: string | undefined): Promise<EdgeRecord[]> {
  let query = tx.selectFrom("replication_edges").selectAll();
  if (replication !== undefined) query = query.where("replication", "=", replication);
  return (await query.orderBy("replication").orderBy("replica").execute()).map(edgeOf);
}

/** Rules by name, then edges. */
export async function runnables(tx: Tx): Promise<Rule[]> {
  const rules = (await resourceRows(tx, "Rule")).map(ruleOf);
  return [...rules, ...(await resourceRows(tx, "Replication")).flatMap((row) => edgeRules(replicationOf(row)))];
}

/** A rule, or an edge. @throws TransshipError `NOT_FOUND`. */
export async function runnable(tx: Tx, name: string): Promise<Rule> {
  const edge = readEdgeName(name);
  if (edge === undefined) return ruleOf(await resourceRow(tx, "Rule", name));
  const replication = replicationOf(await resourceRow(tx, "Replication", edge.replication));
  const found = edgeRules(replication).find((rule) => rule.name === name);
  if (found === undefined) throw notFound("edge", name);
  return found;
}

/** Brings the rows of a replication's edges in step with its spec. An edge that leads from another instance than before begins anew. */
export async function writeEdges(tx: Tx, replication: string, spec: Pick<ReplicationSpec, "edges">, now: string): Promise<void> {
  const before = new Map((await edgeRecords(tx, replication)).map((edge) => [edge.replica, edge]));
  const after = new Map(spec.edges.map((edge: Edge) => [edge.to, edge.from]));
  for (const [replica, { source }] of before) if (after.get(replica) !== source) await dropEdge(tx, replication, replica);
  for (const [replica, source] of after) {
    if (before.get(replica)?.source === source) continue;
    await tx.insertInto("replication_edges").values({ replication, replica, source, created_at: now }).execute();
  }
}

async function dropEdge(tx: Tx, replication: string, replica: string): Promise<void> {
  await tx.deleteFrom("replication_edges").where("replication", "=", replication).where("replica", "=", replica).execute();
  await tx.deleteFrom("rule_triggers").where("rule", "=", edgeName(replication, replica)).execute();
  await dropDrift(tx, { kind: "replication", name: replication }, replica);
}

/** Forgets all edges of a replication that goes. */
export async function dropEdges(tx: Tx, replication: string): Promise<void> {
  for (const { replica } of await edgeRecords(tx, replication)) await dropEdge(tx, replication, replica);
}
