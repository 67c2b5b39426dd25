import Sqlite from "better-sqlite3";
import { Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { describe, expect, it } from "vitest";
import { sqliteDialect } from "../sqlite/sqlite-dialect.ts";
import { MIGRATIONS } from "./index.ts";
import { migrate } from "./migrate.ts";

/** The newest migration there is. */
const NEWEST = Object.keys(MIGRATIONS).at(-1);

const later: Migration = { up: (db) => db.schema.createTable("later").addColumn("id", "text").execute() };

describe("migrate", () => {
  it("numbers its migrations without a gap and offers no way down", () => {
    expect(Object.keys(MIGRATIONS).map((name) => Number(name.slice(0, 4)))).toEqual(Object.keys(MIGRATIONS).map((_, index) => index + 1));
    expect(Object.values(MIGRATIONS).filter((migration) => "down" in migration)).toEqual([]);
  });

  it("applies what is pending, once", async () => {
    await using opened = open();
    await migrate(opened.db, MIGRATIONS, "here");
    await migrate(opened.db, { ...MIGRATIONS, "9999-later": later }, "here");
    await migrate(opened.db, { ...MIGRATIONS, "9999-later": later }, "here");
    expect(await tables(opened.db)).toContain("later");
  });

  it("gives tasks of the first version no blob reports and no sums, and what they have at the target as fetched", async () => {
    await using opened = open();
    const { "0001-initial": initial } = MIGRATIONS;
    if (initial === undefined) throw new Error("no first version");
    await migrate(opened.db, { "0001-initial": initial }, "here");
    const place = sql`'i', 'r', 't'`;
    await sql`insert into executions (id, rule, trigger_kind, state, created_at) values ('e', 'r', 'manual', 'copying', '')`.execute(
      opened.db,
    );
    await sql`insert into tasks (id, execution_id, source_instance, source_repository, source_tag, target_instance, target_repository, target_tag,
      digest, overwrite, state, epoch, attempts, done_bytes, created_at) values ('1', 'e', ${place}, ${place}, '', 'always', 'succeeded', 1, 1, 70, '')`.execute(
      opened.db,
    );
    await migrate(opened.db, MIGRATIONS, "here");
    expect((await sql`select id, blobs, blob_sums, fetched_bytes from tasks`.execute(opened.db)).rows).toEqual([
      { id: "1", blobs: "[]", blob_sums: "{}", fetched_bytes: 70 },
    ]);
  });

  it("refuses a downgrade with both versions", async () => {
    await using opened = open();
    await migrate(opened.db, { ...MIGRATIONS, "9999-later": later }, "here");
    await expect(migrate(opened.db, MIGRATIONS, "here")).rejects.toMatchObject({
      code: "DATA_DIR_TOO_NEW",
      message: `opening here: its schema is at 9999-later, and this version of Transship knows up to ${NEWEST}`,
    });
  });

  it("leaves the old schema when a migration fails half-way", async () => {
    await using opened = open();
    await migrate(opened.db, MIGRATIONS, "here");
    const before = await tables(opened.db);
    const broken: Migration = {
      up: async (db) => {
        await later.up(db);
        await sql`select * from absent`.execute(db);
      },
    };
    await expect(migrate(opened.db, { ...MIGRATIONS, "9999-broken": broken }, "here")).rejects.toThrow("absent");
    expect(await tables(opened.db)).toEqual(before);
    await migrate(opened.db, { ...MIGRATIONS, "9999-later": later }, "here");
    expect(await tables(opened.db)).toContain("later");
  });
});

function open() {
  const db = new Kysely<unknown>({ dialect: sqliteDialect(new Sqlite(":memory:")) });
  return { db, [Symbol.asyncDispose]: () => db.destroy() };
}

async function tables(db: Kysely<unknown>): Promise<string[]> {
  return (await db.introspection.getTables()).map(({ name }) => name).sort();
}
