import type { Kysely } from "kysely";

/** What the blobs of a task cost, as JSON text. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("tasks")
    .addColumn("blobs", "text", (column) => column.notNull().defaultTo("[]"))
    .execute();
}
