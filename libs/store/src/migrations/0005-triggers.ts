import type { Kysely } from "kysely";

/** When rules run without being asked, and executions of a part of a rule's source. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ["scoped", "hops"]) {
    await db.schema
      .alterTable("executions")
      .addColumn(name, "integer", (column) => column.notNull().defaultTo(0))
      .execute();
  }
  await db.schema
    .createTable("execution_scopes")
    .addColumn("execution_id", "text", (column) => column.notNull().references("executions.id").onDelete("cascade"))
    .addColumn("repository", "text", (column) => column.notNull())
    .addColumn("tag", "text", (column) => column.notNull())
    .addColumn("digest", "text")
    .addColumn("action", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("execution_scopes_key", ["execution_id", "repository", "tag"])
    .execute();
  await db.schema
    .createTable("rule_triggers")
    .addColumn("rule", "text", (column) => column.primaryKey().notNull().references("rules.name").onDelete("cascade"))
    .addColumn("schedule", "text")
    .addColumn("next_at", "text")
    .addColumn("last_due_at", "text")
    .addColumn("missed", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("last_missed_at", "text")
    .addColumn("last_full_at", "text")
    .addColumn("last_event_at", "text")
    .addColumn("last_event", "text")
    .execute();
}
