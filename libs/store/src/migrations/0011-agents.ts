import type { Kysely } from "kysely";

/** Documents and labels of agents, their processes told apart, and tokens that are known to be revoked. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("agent_documents")
    .addColumn("name", "text", (column) => column.primaryKey().notNull())
    .addColumn("labels", "text", (column) => column.notNull())
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("labels", "text", (column) => column.notNull().defaultTo("{}"))
    .execute();
  await db.schema
    .alterTable("agents")
    .addColumn("host", "text", (column) => column.notNull().defaultTo(""))
    .execute();
  for (const name of ["run", "home", "drained_run"]) await db.schema.alterTable("agents").addColumn(name, "text").execute();
  await db.schema.alterTable("agent_tokens").addColumn("revoked_at", "text").execute();
  await db.schema.alterTable("tasks").addColumn("home", "text").execute();
}
