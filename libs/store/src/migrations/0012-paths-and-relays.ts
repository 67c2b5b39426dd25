import type { Kysely } from "kysely";

/** By which endpoints a task goes. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable("tasks").addColumn("path", "text").execute();
}
