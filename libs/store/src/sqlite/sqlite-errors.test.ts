import { TransshipError } from "@transship/errors";
import Sqlite from "better-sqlite3";
import { Kysely, sql } from "kysely";
import { describe, expect, it } from "vitest";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { explainSqlite } from "./sqlite-errors.ts";

describe("errors of SQLite", () => {
  it("names a full disk, and the rollback that SQLite did by itself does not hide it", async () => {
    const database = new Sqlite(":memory:");
    database.pragma("max_page_count = 4");
    const db = new Kysely<unknown>({ dialect: sqliteDialect(database) });
    const filled = db.transaction().execute(async (tx) => {
      await sql`create table t (x)`.execute(tx);
      await sql`insert into t values (zeroblob(1000000))`.execute(tx);
    });
    const thrown = await filled.then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(explainSqlite("writing", thrown)).toMatchObject({ code: "DISK_FULL", cause: { code: "SQLITE_FULL" } });
    expect(database.inTransaction).toBe(false);
    expect((await sql`select 1 as one`.execute(db)).rows).toEqual([{ one: 1 }]);
    await db.destroy();
  });

  it.each([
    ["SQLITE_CORRUPT", "DATA_DIR_UNUSABLE"],
    ["SQLITE_IOERR_WRITE", "DATA_DIR_UNUSABLE"],
    ["SQLITE_READONLY", "DATA_DIR_UNUSABLE"],
    ["SQLITE_CONSTRAINT_FOREIGNKEY", "INTERNAL"],
    ["SQLITE_ERROR", "INTERNAL"],
  ])("explains %s as %s", (code, expected) => {
    expect(explainSqlite("reading", new Sqlite.SqliteError("reason", code))).toMatchObject({ code: expected, what: "reading" });
  });

  it("passes our own errors on", () => {
    const own = new TransshipError("NOT_FOUND", { what: "x", why: "y" });
    expect(explainSqlite("reading", own)).toBe(own);
  });
});
