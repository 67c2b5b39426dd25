import type { Kysely } from "kysely";

/** What rules that lead both ways need: what both sides of a tag had last, tags that moved on both, and which rule faces a task's. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("agreements")
    .addColumn("pair", "text", (column) => column.primaryKey().notNull())
    .addColumn("digest", "text", (column) => column.notNull())
    .addColumn("at", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("conflicts")
    .addColumn("pair", "text", (column) => column.primaryKey().notNull())
    .addColumn("digests", "text", (column) => column.notNull())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("since", "text", (column) => column.notNull())
    .execute();
  await db.schema.alterTable("tasks").addColumn("facing", "text").execute();
  for (const name of ["conflicts", "settle"]) {
    await db.schema
      .alterTable("executions")
      .addColumn(name, "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
  }
}
