import { type Kysely, sql } from "kysely";

/** What each rule brought where, tasks that delete, and how many tags an execution deleted. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("arrivals")
    .addColumn("target_instance", "text", (column) => column.notNull())
    .addColumn("target_repository", "text", (column) => column.notNull())
    .addColumn("target_tag", "text", (column) => column.notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("source_instance", "text", (column) => column.notNull())
    .addColumn("source_repository", "text", (column) => column.notNull())
    .addColumn("platforms", "text")
    .addColumn("at", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("arrivals_key", ["target_instance", "target_repository", "target_tag"])
    .execute();
  await db.schema
    .createIndex("arrivals_of_rule")
    .on("arrivals")
    .columns(["rule", "target_instance", "source_repository", "target_repository"])
    .execute();
  await db.schema
    .createIndex("arrivals_in_part")
    .on("arrivals")
    .columns(["rule", "target_instance"])
    .where(sql.ref("platforms"), "is not", null)
    .execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("operation", "text", (column) => column.notNull().defaultTo("copy"))
    .execute();
  for (const name of ["expected", "platforms", "note"]) await db.schema.alterTable("tasks").addColumn(name, "text").execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("refill", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  await db.schema
    .alterTable("executions")
    .addColumn("deleted", "bigint", (column) => column.notNull().defaultTo(0))
    .execute();
}
