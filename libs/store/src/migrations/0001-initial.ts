import type { CreateTableBuilder, Kysely } from "kysely";

/** All tables of the first version. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createTopology(db);
  await createAgents(db);
  await createExecutions(db);
  await createTasks(db);
}

async function createTopology(db: Kysely<unknown>): Promise<void> {
  for (const table of ["instances", "rules"]) {
    await db.schema
      .createTable(table)
      .addColumn("name", "text", (column) => column.primaryKey().notNull())
      .addColumn("labels", "text", (column) => column.notNull())
      .addColumn("spec", "text", (column) => column.notNull())
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("updated_at", "text", (column) => column.notNull())
      .execute();
  }
  await db.schema
    .createTable("rule_instances")
    .addColumn("rule", "text", (column) => column.notNull().references("rules.name").onDelete("cascade"))
    .addColumn("instance", "text", (column) => column.notNull().references("instances.name"))
    .addPrimaryKeyConstraint("rule_instances_key", ["rule", "instance"])
    .execute();
  await db.schema.createIndex("rule_instances_by_instance").on("rule_instances").column("instance").execute();
}

async function createAgents(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("agents")
    .addColumn("name", "text", (column) => column.primaryKey().notNull())
    .addColumn("region", "text", (column) => column.notNull())
    .addColumn("border", "text")
    .addColumn("networks", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("version", "text", (column) => column.notNull())
    .addColumn("slots", "integer", (column) => column.notNull())
    .addColumn("last_seen_at", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema
    .createTable("agent_tokens")
    .addColumn("token_hash", "text", (column) => column.primaryKey().notNull())
    .addColumn("agent", "text", (column) => column.notNull().references("agents.name"))
    .addColumn("expires_at", "text")
    .addColumn("created_at", "text", (column) => column.notNull())
    .execute();
  await db.schema.createIndex("agent_tokens_by_agent").on("agent_tokens").column("agent").execute();
}

async function createExecutions(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable("executions")
    .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
    .addColumn("id", "text", (column) => column.notNull().unique())
    .addColumn("rule", "text", (column) => column.notNull())
    .addColumn("trigger_kind", "text", (column) => column.notNull())
    .addColumn("state", "text", (column) => column.notNull())
    .addColumn("retry_of", "text", (column) => column.references("executions.id"))
    .addColumn("created_at", "text", (column) => column.notNull())
    .addColumn("started_at", "text")
    .addColumn("finished_at", "text")
    .addColumn("unchanged", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("repositories", "bigint", (column) => column.notNull().defaultTo(0))
    .addColumn("failure", "text")
    .execute();
  await db.schema.createIndex("executions_by_rule").on("executions").columns(["rule", "seq"]).execute();
  await db.schema.createIndex("executions_by_state").on("executions").columns(["state", "seq"]).execute();
  await addNumbers(
    db.schema
      .createTable("execution_sums")
      .addColumn("execution_id", "text", (column) => column.notNull().references("executions.id").onDelete("cascade"))
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("tasks", "bigint", (column) => column.notNull()),
  )
    .addPrimaryKeyConstraint("execution_sums_key", ["execution_id", "state"])
    .execute();
}

async function createTasks(db: Kysely<unknown>): Promise<void> {
  await addNumbers(
    db.schema
      .createTable("tasks")
      .addColumn("seq", "integer", (column) => column.primaryKey().autoIncrement())
      .addColumn("id", "text", (column) => column.notNull().unique())
      .addColumn("execution_id", "text", (column) => column.notNull().references("executions.id").onDelete("cascade"))
      .addColumn("source_instance", "text", (column) => column.notNull())
      .addColumn("source_repository", "text", (column) => column.notNull())
      .addColumn("source_tag", "text", (column) => column.notNull())
      .addColumn("target_instance", "text", (column) => column.notNull())
      .addColumn("target_repository", "text", (column) => column.notNull())
      .addColumn("target_tag", "text", (column) => column.notNull())
      .addColumn("digest", "text", (column) => column.notNull())
      .addColumn("overwrite", "text", (column) => column.notNull())
      .addColumn("state", "text", (column) => column.notNull())
      .addColumn("epoch", "integer", (column) => column.notNull())
      .addColumn("agent", "text")
      .addColumn("placement", "text")
      .addColumn("lease_until", "text")
      .addColumn("attempts", "integer", (column) => column.notNull())
      .addColumn("next_attempt_at", "text")
      .addColumn("ready_at", "text")
      .addColumn("failure", "text")
      .addColumn("skip_reason", "text")
      .addColumn("created_at", "text", (column) => column.notNull())
      .addColumn("started_at", "text")
      .addColumn("finished_at", "text"),
  ).execute();
  await indexTasks(db);
  await db.schema
    .createTable("task_reports")
    .addColumn("task_id", "text", (column) => column.notNull().references("tasks.id").onDelete("cascade"))
    .addColumn("epoch", "integer", (column) => column.notNull())
    .addPrimaryKeyConstraint("task_reports_key", ["task_id", "epoch"])
    .execute();
}

/** Partial indexes hold only the tasks that wait or run: they stay small however many are finished. */
async function indexTasks(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex("tasks_by_execution").on("tasks").columns(["execution_id", "seq"]).execute();
  await db.schema
    .createIndex("tasks_waiting")
    .on("tasks")
    .columns(["source_instance", "target_instance", "seq", "ready_at"])
    .where("ready_at", "is not", null)
    .execute();
  await db.schema.createIndex("tasks_ready").on("tasks").columns(["ready_at", "state"]).where("ready_at", "is not", null).execute();
  await db.schema.createIndex("tasks_leased").on("tasks").columns(["lease_until", "agent"]).where("lease_until", "is not", null).execute();
}

function addNumbers<Name extends string, Columns extends string>(
  table: CreateTableBuilder<Name, Columns>,
): CreateTableBuilder<Name, Columns> {
  let wider = table;
  for (const name of ["total_bytes", "done_bytes", "copied", "mounted", "existing", "resumed", "wasted"]) {
    wider = wider.addColumn(name, "bigint", (column) => column.notNull().defaultTo(0)) as typeof table;
  }
  return wider;
}
