import type {
  AgentDocument,
  Instance,
  InstanceSpec,
  Replication,
  ReplicationSpec,
  ResourceKind,
  Rule,
  RuleSpec,
  Webhook,
  WebhookSpec,
} from "@transship/model";
import type { Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import type { ResourceRow } from "../tables.ts";

/** The table of each kind of resource. */
export const TABLE_OF = {
  Instance: "instances",
  Rule: "rules",
  Replication: "replications",
  Webhook: "webhooks",
  Agent: "agent_documents",
} as const satisfies Record<ResourceKind, string>;

/** A stored instance. */
export function instanceOf(row: ResourceRow): Instance {
  return { ...metadataOf(row), spec: JSON.parse(row.spec) as InstanceSpec };
}

/** A stored rule. */
export function ruleOf(row: ResourceRow): Rule {
  return { ...metadataOf(row), spec: JSON.parse(row.spec) as RuleSpec };
}

/** A stored replication. */
export function replicationOf(row: ResourceRow): Replication {
  return { ...metadataOf(row), spec: JSON.parse(row.spec) as ReplicationSpec };
}

/** A stored webhook. */
export function webhookOf(row: ResourceRow): Webhook {
  return { ...metadataOf(row), spec: JSON.parse(row.spec) as WebhookSpec };
}

/** A stored document of an agent. */
export function agentDocumentOf(row: ResourceRow): AgentDocument {
  return { ...metadataOf(row), spec: {} };
}

function metadataOf(row: ResourceRow): Omit<Instance, "spec"> {
  const labels = JSON.parse(row.labels) as Record<string, string>;
  return { name: row.name, labels, createdAt: row.created_at, updatedAt: row.updated_at };
}

/** All rows of a kind by name. */
export function resourceRows(tx: Tx, kind: ResourceKind): Promise<ResourceRow[]> {
  return tx.selectFrom(TABLE_OF[kind]).selectAll().orderBy("name").execute();
}

/** One row. @throws TransshipError `NOT_FOUND`. */
export async function resourceRow(tx: Tx, kind: ResourceKind, name: string): Promise<ResourceRow> {
  const row = await tx.selectFrom(TABLE_OF[kind]).selectAll().where("name", "=", name).executeTakeFirst();
  if (row === undefined) throw notFound(kind.toLowerCase(), name);
  return row;
}
