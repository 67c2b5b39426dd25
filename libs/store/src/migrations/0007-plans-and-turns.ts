import { type Kysely, sql } from "kysely";

/** Saved plans; indexes by which executions take turns; and what sweeping the history asks for. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createPlans(db);
  await indexTurns(db);
  // Deleting an execution looks for those that repeat it.
  await db.schema
    .createIndex("executions_by_retry_of")
    .on("executions")
    .column("retry_of")
    .where(sql.ref("retry_of"), "is not", null)
    .execute();
  await db.schema.createIndex("executions_by_end").on("executions").columns(["finished_at", "seq"]).execute();
}

async function createPlans(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("plans")
    .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("rule_spec", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("summary", "text")
    .execute();
  await db.schema
    .createTable("plan_pages")
    .addColumn("plan_id", "text", (column) => column.notNull().references("plans.id").onDelete("cascade"))
    .addColumn("page", "integer", (column) => column.notNull())
    .addColumn("items", sql`blob`, (column) => column.notNull())
    .addPrimaryKeyConstraint("plan_pages_key", ["plan_id", "page"])
    .execute();
  await db.schema.alterTable("executions").addColumn("plan_id", "text").execute();
}

/** In place of the indexes by pair alone. Partial as they were: only tasks that wait are in them. */
async function indexTurns(db: Kysely<unknown>): Promise<void> {
  for (const replaced of ["tasks_waiting", "tasks_waiting_by_state"]) await db.schema.dropIndex(replaced).execute();
  const work = ["source_instance", "target_instance", "execution_id"];
  await db.schema
    .createIndex("tasks_waiting_in_order")
    .on("tasks")
    .columns([...work, "seq", "ready_at"])
    .where(sql.ref("ready_at"), "is not", null)
    .execute();
  await db.schema
    .createIndex("tasks_waiting_by_readiness")
    .on("tasks")
    .columns([...work, "state", "ready_at"])
    .where(sql.ref("ready_at"), "is not", null)
    .execute();
}
