import type { Kysely } from "kysely";

/** What checks of replicas found, and what was brought to a place: tasks by their target, which only a search through all of them found before. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("drift_checks")
    .addColumn("subject_kind", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("replica", "text", (column) => column.notNull())
    .addColumn("checked_at", "text", (column) => column.notNull())
    .addColumn("equal", "bigint", (column) => column.notNull())
    .addColumn("missing", "bigint", (column) => column.notNull())
    .addColumn("different", "bigint", (column) => column.notNull())
    .addColumn("extra", "bigint", (column) => column.notNull())
    .addColumn("behind_since", "text")
    .addPrimaryKeyConstraint("drift_checks_key", ["subject_kind", "subject", "replica"])
    .execute();
  await db.schema
    .createTable("drift_items")
    .addColumn("subject_kind", "text", (column) => column.notNull())
    .addColumn("subject", "text", (column) => column.notNull())
    .addColumn("replica", "text", (column) => column.notNull())
    .addColumn("repository", "text", (column) => column.notNull())
    .addColumn("tag", "text", (column) => column.notNull())
    .addColumn("kind", "text", (column) => column.notNull())
    .addColumn("source_repository", "text", (column) => column.notNull())
    .addColumn("digest", "text")
    .addColumn("at_replica", "text")
    .addColumn("since", "text", (column) => column.notNull())
    .addColumn("reason", "text", (column) => column.notNull())
    .addColumn("explanation", "text", (column) => column.notNull())
    .addColumn("edge", "text", (column) => column.notNull())
    .addColumn("task_id", "text")
    .addColumn("execution_id", "text")
    .addColumn("code", "text")
    .addPrimaryKeyConstraint("drift_items_key", ["subject_kind", "subject", "replica", "repository", "tag"])
    .execute();
  // The tag first: of no use to queries that do not name one, so that SQLite does not take it for them.
  await db.schema
    .createIndex("tasks_by_target")
    .on("tasks")
    .columns(["target_tag", "target_repository", "target_instance", "seq"])
    .execute();
}
