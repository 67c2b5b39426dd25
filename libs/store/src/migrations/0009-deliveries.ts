import type { Kysely } from "kysely";

/** Events that wait to be told, how webhooks do, and why an agent is away. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("deliveries")
    .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("webhook", "text", (column) => column.notNull().references("webhooks.name").onDelete("cascade"))
    .addColumn("event_id", "text", (column) => column.notNull())
    .addColumn("type", "text", (column) => column.notNull())
    .addColumn("body", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("deliveries_by_webhook").on("deliveries").columns(["webhook", "seq"]).execute();
  await db.schema
    .createTable("webhook_states")
    .addColumn("webhook", "text", (column) => column.primaryKey().notNull().references("webhooks.name").onDelete("cascade"))
    .addColumn("failures", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("retry_at", "text")
    .addColumn("delivered_at", "text")
    .addColumn("failed_at", "text")
    .addColumn("failure", "text")
    .addColumn("given_up", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("dropped", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema.alterTable("agents").addColumn("absence", "text").execute();
}
