import { instancesOf, RESOURCE_KINDS, type ReplicationSpec, type RuleSpec } from "@transship/model";
import { expectAgent, forgetExpected } from "../agents/expect-agent.ts";
import type { Tx } from "../database.ts";
import { dropDrift } from "../drift/drift-rows.ts";
import type { Document, Documents } from "./apply-changes.ts";
import { dropEdges, writeEdges } from "./edge-rows.ts";
import { resourceRows, TABLE_OF } from "./topology-rows.ts";

/** Everything stored. */
export async function readDocuments(tx: Tx): Promise<Documents> {
  const documents = new Map<string, Document>();
  for (const kind of RESOURCE_KINDS) {
    for (const row of await resourceRows(tx, kind)) {
      documents.set(`${kind}/${row.name}`, { kind, name: row.name, labels: JSON.parse(row.labels), spec: JSON.parse(row.spec) });
    }
  }
  return documents;
}

/** Writes what differs. Instances come before the rules that name them and go after them, as the foreign keys ask. */
export async function writeDocuments(tx: Tx, before: Documents, after: Documents, now: string): Promise<void> {
  const changed = [...after].filter(([key, document]) => before.get(key) !== document).map(([, document]) => document);
  const gone = [...before].filter(([key]) => !after.has(key)).map(([, document]) => document);
  for (const document of changed.filter(({ kind }) => kind === "Instance")) await upsert(tx, document, now);
  for (const document of changed.filter(({ kind }) => kind === "Rule")) await upsertRule(tx, document, now);
  for (const document of changed.filter(({ kind }) => kind === "Replication")) {
    await upsert(tx, document, now);
    await writeEdges(tx, document.name, document.spec as ReplicationSpec, now);
  }
  for (const document of changed.filter(({ kind }) => kind === "Webhook")) {
    await upsert(tx, document, now);
    // What kept it from being told may be what was changed.
    await tx.updateTable("webhook_states").set({ failures: 0, retry_at: null }).where("webhook", "=", document.name).execute();
  }
  for (const document of changed.filter(({ kind }) => kind === "Agent")) {
    await upsert(tx, document, now);
    await expectAgent(tx, document.name, now);
  }
  for (const kind of RESOURCE_KINDS.toReversed()) {
    for (const { name } of gone.filter((document) => document.kind === kind)) {
      if (kind === "Rule") await tx.deleteFrom("rule_triggers").where("rule", "=", name).execute();
      if (kind === "Rule") await dropDrift(tx, { kind: "rule", name });
      if (kind === "Replication") await dropEdges(tx, name);
      await tx.deleteFrom(TABLE_OF[kind]).where("name", "=", name).execute();
      if (kind === "Agent") await forgetExpected(tx, name);
    }
  }
}

async function upsertRule(tx: Tx, document: Document, now: string): Promise<void> {
  await upsert(tx, document, now);
  await tx.deleteFrom("rule_instances").where("rule", "=", document.name).execute();
  const instances = instancesOf(document.spec as RuleSpec);
  await tx
    .insertInto("rule_instances")
    .values(instances.map((instance) => ({ rule: document.name, instance })))
    .execute();
}

async function upsert(tx: Tx, document: Document, now: string): Promise<void> {
  const content = { labels: JSON.stringify(document.labels), spec: JSON.stringify(document.spec), updated_at: now };
  await tx
    .insertInto(TABLE_OF[document.kind])
    .values({ name: document.name, created_at: now, ...content })
    .onConflict((conflict) => conflict.column("name").doUpdateSet(content))
    .execute();
}
