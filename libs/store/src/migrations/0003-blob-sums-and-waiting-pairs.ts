import { type Kysely, sql } from "kysely";

/** What blobs cost over all attempts, what was fetched, and indexes for what the scheduler asks at every turn. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .alterTable("tasks")
    .addColumn("blob_sums", "text", (column) => column.notNull().defaultTo("{}"))
    .execute();
  for (const table of ["tasks", "execution_sums"]) {
    await db.schema
      .alterTable(table)
      .addColumn("fetched_bytes", "bigint", (column) => column.notNull().defaultTo(0))
      .execute();
    // What is at the target was fetched.
    await sql`update ${sql.table(table)} set fetched_bytes = done_bytes`.execute(db);
  }
  await db.schema
    .createTable("execution_blobs")
    .addColumn("execution_id", "text", (column) => column.notNull().references("executions.id").onDelete("cascade"))
    .addColumn("rung", "text", (column) => column.notNull())
    .addColumn("blobs", "bigint", (column) => column.notNull())
    .addColumn("bytes", "bigint", (column) => column.notNull())
    .addColumn("retries", "bigint", (column) => column.notNull())
    .addPrimaryKeyConstraint("execution_blobs_key", ["execution_id", "rung"])
    .execute();
  await indexTasks(db);
}

/** Partial, as those of the first version: only tasks that wait or run are in them. */
async function indexTasks(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createIndex("tasks_waiting_by_state")
    .on("tasks")
    .columns(["source_instance", "target_instance", "state", "ready_at"])
    .where("ready_at", "is not", null)
    .execute();
  await db.schema.createIndex("tasks_held").on("tasks").columns(["agent", "seq"]).where(sql.ref("lease_until"), "is not", null).execute();
}
