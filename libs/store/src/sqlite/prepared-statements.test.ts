import Sqlite from "better-sqlite3";
import { expect, it } from "vitest";
import { preparingOnce } from "./prepared-statements.ts";

it("prepares a text once, and again after many others", () => {
  const prepared = preparingOnce(new Sqlite(":memory:"));
  const first = prepared.prepare("select 1 as one");
  expect(prepared.prepare("select 1 as one")).toBe(first);
  for (let i = 0; i < 300; i++) prepared.prepare(`select ${i} as number`);
  const again = prepared.prepare("select 1 as one");
  expect(again).not.toBe(first);
  expect(again.all([])).toEqual([{ one: 1 }]);
  prepared.close();
});

it("sees a column that was added after the statement was prepared", () => {
  const prepared = preparingOnce(new Sqlite(":memory:"));
  prepared.prepare("create table t (a)").run([]);
  prepared.prepare("insert into t values (1)").run([]);
  expect(prepared.prepare("select * from t").all([])).toEqual([{ a: 1 }]);
  prepared.prepare("alter table t add column b default 2").run([]);
  expect(prepared.prepare("select * from t").all([])).toEqual([{ a: 1, b: 2 }]);
  prepared.close();
});
