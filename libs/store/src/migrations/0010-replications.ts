import { type Kysely, sql } from "kysely";

/** Replications and their edges. What is known of the triggers of rules is known of edges too, so it no longer hangs on a row of `rules`. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("replications")
    .addColumn("name", "text", (column) => column.primaryKey().notNull())
    .addColumn("labels", "text", (column) => column.notNull())
    .addColumn("spec", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("updated_at", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("replication_edges")
    .addColumn("replication", "text", (column) => column.notNull().references("replications.name").onDelete("cascade"))
    .addColumn("replica", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("filled_at", "text")
    .addColumn("failures", "integer", (column) => column.notNull().defaultTo(0))
    .addColumn("failing_since", "text")
    .addColumn("repair_at", "text")
    .addPrimaryKeyConstraint("replication_edges_key", ["replication", "replica"])
    .execute();
  // Each agent that connects asks for edges that wait to be repaired: few, of thousands.
  await db.schema
    .createIndex("replication_edges_by_repair")
    .on("replication_edges")
    .column("repair_at")
    .where(sql.ref("repair_at"), "is not", null)
    .execute();
  await freeTriggers(db);
}

async function freeTriggers(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("triggers_of_runnables")
    .addColumn("rule", "text", (column) => column.primaryKey().notNull())
    .addColumn("schedule", "text")
    .addColumn("next_at", "text")
    .addColumn("last_due_at", "text")
    .addColumn("missed", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("last_missed_at", "text")
    .addColumn("last_full_at", "text")
    .addColumn("last_event_at", "text")
    .addColumn("last_event", "text")
    .execute();
  const columns = sql.raw("rule, schedule, next_at, last_due_at, missed, last_missed_at, last_full_at, last_event_at, last_event");
  await sql`insert into triggers_of_runnables (${columns}) select ${columns} from rule_triggers`.execute(db);
  await db.schema.dropTable("rule_triggers").execute();
  await db.schema.alterTable("triggers_of_runnables").renameTo("rule_triggers").execute();
}
