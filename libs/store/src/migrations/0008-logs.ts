import type { Kysely } from "kysely";

/** What happened in executions, line by line; how much of it each has; and up to where each agent's lines are stored. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("log_lines")
    .addColumn("execution_id", "text", (column) => column.notNull().references("executions.id").onDelete("cascade"))
    .addColumn("seq", "bigint", (column) => column.notNull())
    .addColumn("task_id", "text")
    .addColumn("at", "text", (column) => column.notNull())
    .addColumn("level", "text", (column) => column.notNull())
    .addColumn("source", "text", (column) => column.notNull())
    .addColumn("code", "text")
    .addColumn("message", "text", (column) => column.notNull())
    .addColumn("fields", "text", (column) => column.notNull())
    .addPrimaryKeyConstraint("log_lines_key", ["execution_id", "seq"])
    .execute();
  await db.schema
    .createTable("execution_logs")
    .addColumn("execution_id", "text", (column) => column.primaryKey().notNull().references("executions.id").onDelete("cascade"))
    .addColumn("next_seq", "bigint", (column) => column.notNull())
    .addColumn("lines", "bigint", (column) => column.notNull())
    .addColumn("removed", "bigint", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("log_cursors")
    .addColumn("agent", "text", (column) => column.primaryKey().notNull())
    .addColumn("run", "text", (column) => column.notNull())
    .addColumn("number", "bigint", (column) => column.notNull())
    .execute();
}
