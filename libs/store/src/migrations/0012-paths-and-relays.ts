import { type Kysely, sql } from "kysely";

/** By which endpoints a task goes, and by way of which relay. */
export async function up(db: Kysely<unknown>): Promise<void> {
  for (const name of ["path", "via_instance", "via_repository", "via_tag", "first_hop"])
    await db.schema.alterTable("tasks").addColumn(name, "text").execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("leg", "text", (column) => column.notNull().defaultTo("whole"))
    .execute();
  await db.schema
    .alterTable("tasks")
    .addColumn("at_relay", "integer", (column) => column.notNull().defaultTo(0))
    .execute();
  const work = ["source_instance", "target_instance", "execution_id"];
  // Partial: tasks without a relay are in none of them.
  await db.schema
    .createIndex("tasks_waiting_by_leg")
    .on("tasks")
    .columns([...work, "via_instance", "at_relay", "seq"])
    .where(sql.ref("ready_at"), "is not", null)
    .where(sql.ref("via_instance"), "is not", null)
    .execute();
  await db.schema
    .createIndex("tasks_waiting_to_delete")
    .on("tasks")
    .columns([...work, "seq"])
    .where(sql.ref("ready_at"), "is not", null)
    .where("operation", "=", sql.lit("delete"))
    .execute();
}
