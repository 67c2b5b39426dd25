import { MOST_SCOPE_ENTRIES, type ScopeEntry } from "@transship/model";
import type { Tx } from "../database.ts";
import { executionRow } from "./execution-rows.ts";

/** Rows in one statement: SQLite takes 32,766 parameters. */
const ROWS = 500;

/** What an execution looks at, by name; undefined = everything. @throws TransshipError `NOT_FOUND`. */
export async function scopeOf(tx: Tx, id: string): Promise<ScopeEntry[] | undefined> {
  if ((await executionRow(tx, id)).scoped === 0) return undefined;
  const rows = await tx
    .selectFrom("execution_scopes")
    .selectAll()
    .where("execution_id", "=", id)
    .orderBy("repository")
    .orderBy("tag")
    .execute();
  return rows.map(({ repository, tag, digest, action }) => ({
    repository,
    tag: tag === "" ? undefined : tag,
    digest: digest ?? undefined,
    action,
  }));
}

/** Adds to what an execution looks at. Of one name the last entry holds; with too many the execution looks at everything. */
export async function addScope(tx: Tx, id: string, entries: readonly ScopeEntry[]): Promise<void> {
  const last = new Map(entries.map((entry) => [`${entry.repository}:${entry.tag ?? ""}`, entry]));
  const rows = [...last.values()].map(({ repository, tag = "", digest = null, action }) => ({
    execution_id: id,
    repository,
    tag,
    digest,
    action,
  }));
  for (let at = 0; at < rows.length; at += ROWS) {
    await tx
      .insertInto("execution_scopes")
      .values(rows.slice(at, at + ROWS))
      .onConflict((conflict) =>
        conflict
          .columns(["execution_id", "repository", "tag"])
          .doUpdateSet((eb) => ({ digest: eb.ref("excluded.digest"), action: eb.ref("excluded.action") })),
      )
      .execute();
  }
  const { entries: all } = await tx
    .selectFrom("execution_scopes")
    .select((eb) => eb.fn.countAll<number>().as("entries"))
    .where("execution_id", "=", id)
    .executeTakeFirstOrThrow();
  if (all > MOST_SCOPE_ENTRIES) await dropScope(tx, id);
}

/** Makes an execution look at everything. */
export async function dropScope(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom("execution_scopes").where("execution_id", "=", id).execute();
  await tx.updateTable("executions").set({ scoped: 0 }).where("id", "=", id).execute();
}
