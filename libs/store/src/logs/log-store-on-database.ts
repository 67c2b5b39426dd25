import { type LogLine, levelsFrom } from "@transship/model";
import { sql } from "kysely";
import type { Database, Tx } from "../database.ts";
import type { LogFilter, LogStore } from "../log-store.ts";
import { appendLines } from "./append-lines.ts";

/** Lines that an execution has at most. */
const MOST_LINES = 20_000;

/** Logs on a database. `most`: lines of an execution before some make room. */
export function logStore({ transact }: Database, most = MOST_LINES): LogStore {
  return {
    append: (batch) => transact((tx) => appendLines(tx, batch, most)),
    after: (filter, sequence, limit) =>
      transact(async (tx) => {
        const rows = await matching(tx, filter).where("l.seq", ">", sequence).orderBy("l.seq").limit(limit).execute();
        return rows.map(lineOf);
      }),
    last: (filter, limit) =>
      transact(async (tx) => {
        const rows = await matching(tx, filter).orderBy("l.seq", "desc").limit(limit).execute();
        return rows.map(lineOf).reverse();
      }),
    cursor: (agent) => transact((tx) => tx.selectFrom("log_cursors").selectAll().where("agent", "=", agent).executeTakeFirst()),
  };
}

type Row = Awaited<ReturnType<ReturnType<typeof matching>["execute"]>>[number];

function matching(tx: Tx, { executionId, taskId, search, level }: LogFilter) {
  let query = tx
    .selectFrom("log_lines as l")
    .leftJoin("tasks as t", "t.id", "l.task_id")
    .selectAll("l")
    .select(["t.source_repository", "t.source_tag"])
    .where("l.execution_id", "=", executionId);
  if (taskId !== undefined) query = query.where("l.task_id", "=", taskId);
  if (level !== undefined && level !== "debug") query = query.where("l.level", "in", levelsFrom(level));
  if (search !== undefined && search !== "") {
    const pattern = `%${search.replaceAll(/[\\%_]/g, "\\$&")}%`;
    const columns = ["l.message", "l.code", "l.source", "l.task_id", "t.source_repository", "t.source_tag"].map((name) => sql.ref(name));
    query = query.where((eb) => eb.or(columns.map((column) => sql<boolean>`lower(${column}) like lower(${pattern}) escape '\\'`)));
  }
  return query;
}

function lineOf(row: Row): LogLine {
  return {
    executionId: row.execution_id,
    sequence: row.seq,
    taskId: row.task_id ?? undefined,
    artifact: row.source_repository === null ? undefined : `${row.source_repository}:${row.source_tag}`,
    at: row.at,
    level: row.level,
    source: row.source,
    code: row.code ?? undefined,
    message: row.message,
    fields: JSON.parse(row.fields) as Record<string, string>,
  };
}
