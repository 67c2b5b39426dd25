import Sqlite from "better-sqlite3";
import { Kysely, sql } from "kysely";
import { expect, it, vi } from "vitest";
import type { Tx } from "../database.ts";
import type { Tables } from "../tables.ts";
import { GroupCommit } from "./group-commit.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

function open() {
  const sqlite = new Sqlite(":memory:");
  sqlite.exec("create table seen (name text primary key)");
  const sent: string[] = [];
  const kysely = new Kysely<Tables>({
    dialect: sqliteDialect(sqlite),
    log: ({ query }) => {
      sent.push(query.sql);
    },
  });
  const commits = new GroupCommit(kysely);
  const add = (name: string, fails = false) =>
    commits.transact(async (tx) => {
      await sql`insert into seen values (${name})`.execute(tx);
      if (fails) throw new Error(name);
      return name;
    });
  const seen = () => sqlite.prepare("select name from seen order by rowid").pluck().all();
  return { sqlite, kysely, commits, add, seen, count: (text: string) => sent.filter((statement) => statement === text).length };
}

it("commits what waits together once, in its order, and undoes alone what throws", async () => {
  // A clock that stands still ends no group before its time.
  using _clock = vi.spyOn(performance, "now").mockReturnValue(0);
  const { add, seen, count } = open();
  const results = await Promise.allSettled([add("a"), add("b", true), add("c"), add("a"), add("d")]);
  expect(results.map((result) => (result.status === "fulfilled" ? result.value : (result.reason as Error).message))).toEqual([
    "a",
    "b",
    "c",
    "UNIQUE constraint failed: seen.name",
    "d",
  ]);
  expect(seen()).toEqual(["a", "c", "d"]);
  expect(count("commit")).toBe(1);
  await add("e");
  expect(count("commit")).toBe(2);
});

it("does each again by itself where the whole of a group is undone, and loses none of what was said to be kept", async () => {
  const { add, commits, seen } = open();
  let attempts = 0;
  // As a full disk does: SQLite ends the transaction of all.
  const undoing = commits.transact(async (tx: Tx) => {
    attempts += 1;
    await sql`rollback`.execute(tx);
    throw new Error("undone");
  });
  const results = await Promise.allSettled([add("a"), undoing, add("b")]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  expect(attempts).toBe(2);
  expect(seen()).toEqual(["a", "b"]);
});

it("lets the event loop turn while work goes on for long", async () => {
  const { commits } = open();
  let ticks = 0;
  const ticking = setInterval(() => ticks++, 1);
  const busy = () => {
    const end = performance.now() + 2;
    while (performance.now() < end);
    return Promise.resolve();
  };
  for (let step = 0; step < 30; step++) await commits.transact(busy);
  await Promise.all(Array.from({ length: 30 }, () => commits.transact(busy)));
  clearInterval(ticking);
  expect(ticks).toBeGreaterThan(6);
});

it("refuses what waits at a database that was closed, and comes to rest", async () => {
  const { add, kysely } = open();
  await add("a");
  await kysely.destroy();
  const results = await Promise.allSettled([add("b"), add("c"), add("d")]);
  expect(results.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);
  await expect(add("e")).rejects.toThrow();
});
