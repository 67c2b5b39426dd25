import { TransshipError } from "@transship/errors";
import type { ReplicationSpec, RuleSpec } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { unfinishedOf } from "../executions/execution-rows.ts";
import type { ResourceRow } from "../tables.ts";
import type { AppliedChange, TopologyChange, TopologyStore } from "../topology-store.ts";
import { applyChanges, checkReferences, type Documents } from "./apply-changes.ts";
import { repairNow } from "./edge-end.ts";
import { edgeRecords, runnable, runnables } from "./edge-rows.ts";
import { agentDocumentOf, instanceOf, replicationOf, resourceRow, resourceRows, ruleOf, TABLE_OF, webhookOf } from "./topology-rows.ts";
import { readDocuments, writeDocuments } from "./write-changes.ts";

/** Resources on a database. */
export function topologyStore({ transact }: Database): TopologyStore {
  const watchers = new Set<() => void>();
  const told = <T>(result: T): T => {
    for (const changed of watchers) changed();
    return result;
  };
  return {
    apply: async (changes, { now, dryRun = false }) => {
      const applied = await transact((tx) => apply(tx, changes, now, dryRun));
      return dryRun ? applied : told(applied);
    },
    listInstances: () => transact(async (tx) => (await resourceRows(tx, "Instance")).map(instanceOf)),
    getInstance: (name) => transact(async (tx) => instanceOf(await resourceRow(tx, "Instance", name))),
    listRules: () => transact(async (tx) => (await resourceRows(tx, "Rule")).map(ruleOf)),
    getRule: (name) => transact(async (tx) => ruleOf(await resourceRow(tx, "Rule", name))),
    listReplications: () => transact(async (tx) => (await resourceRows(tx, "Replication")).map(replicationOf)),
    getReplication: (name) => transact(async (tx) => replicationOf(await resourceRow(tx, "Replication", name))),
    setReplicationEnabled: async (name, enabled, now) =>
      told(await transact(async (tx) => replicationOf(await setEnabled(tx, "Replication", name, enabled, now)))),
    listEdges: (replication) => transact((tx) => edgeRecords(tx, replication)),
    repairNow: (now) => transact((tx) => repairNow(tx, now.toISOString())),
    listRunnables: () => transact(runnables),
    getRunnable: (name) => transact((tx) => runnable(tx, name)),
    listWebhooks: () => transact(async (tx) => (await resourceRows(tx, "Webhook")).map(webhookOf)),
    getWebhook: (name) => transact(async (tx) => webhookOf(await resourceRow(tx, "Webhook", name))),
    setRuleEnabled: async (name, enabled, now) =>
      told(await transact(async (tx) => ruleOf(await setEnabled(tx, "Rule", name, enabled, now)))),
    listAgentDocuments: () => transact(async (tx) => (await resourceRows(tx, "Agent")).map(agentDocumentOf)),
    watch: (changed) => {
      // Wrapped, so that one function may watch twice and end once.
      const watcher = () => changed();
      watchers.add(watcher);
      return { [Symbol.dispose]: () => void watchers.delete(watcher) };
    },
  };
}

async function apply(tx: Tx, changes: readonly TopologyChange[], now: Date, dryRun: boolean): Promise<AppliedChange[]> {
  const before = await readDocuments(tx);
  const { after, applied } = applyChanges(before, changes);
  checkReferences(before, after);
  await checkExecutions(tx, before, after);
  if (!dryRun) await writeDocuments(tx, before, after, now.toISOString());
  return applied;
}

async function checkExecutions(tx: Tx, before: Documents, after: Documents): Promise<void> {
  for (const [key, document] of before) {
    if (document.kind !== "Rule" || after.has(key)) continue;
    const [unfinished] = await unfinishedOf(tx, document.name);
    if (unfinished === undefined) continue;
    throw new TransshipError("CONFLICT", {
      what: `deleting rule ${document.name}`,
      why: `its execution ${unfinished.id} is ${unfinished.state}`,
      hint: "Wait for the execution, or stop it with `transship execution stop`.",
    });
  }
}

async function setEnabled(tx: Tx, kind: "Rule" | "Replication", name: string, enabled: boolean, now: Date): Promise<ResourceRow> {
  const row = await resourceRow(tx, kind, name);
  const spec = JSON.parse(row.spec) as RuleSpec | ReplicationSpec;
  if (spec.enabled === enabled) return row;
  const changed = { spec: JSON.stringify({ ...spec, enabled }), updated_at: now.toISOString() };
  await tx.updateTable(TABLE_OF[kind]).set(changed).where("name", "=", name).execute();
  return { ...row, ...changed };
}
