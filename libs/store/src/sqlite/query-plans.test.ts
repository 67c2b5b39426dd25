import type { TaskLeg } from "@transship/model";
import Sqlite from "better-sqlite3";
import { Kysely } from "kysely";
import { describe, expect, it } from "vitest";
import { at, FAILURE, lease, progress, task, withExecution } from "../conformance/samples.ts";
import { MIGRATIONS } from "../migrations/index.ts";
import { migrate } from "../migrations/migrate.ts";
import type { Store } from "../store.ts";
import { storeOn } from "../store-on-database.ts";
import type { Tables } from "../tables.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";

/** A store, and the plans that SQLite makes for the statements on a table that a call to it sends. */
async function openWatched() {
  const sqlite = new Sqlite(":memory:");
  let sent: { readonly sql: string; readonly parameters: readonly unknown[] }[] = [];
  const kysely = new Kysely<Tables>({
    dialect: sqliteDialect(sqlite),
    log: ({ query }) => {
      sent.push({ sql: query.sql, parameters: query.parameters });
    },
  });
  await migrate(kysely as unknown as Kysely<unknown>, MIGRATIONS, "here");
  const store = storeOn({ transact: (work) => kysely.transaction().execute(work) }, () => kysely.destroy());
  const plansOf = async (work: (store: Store) => Promise<unknown>, table = "tasks"): Promise<string[]> => {
    sent = [];
    await work(store);
    return sent
      .filter(({ sql }) => new RegExp(`(from|update|into) "?${table}\\b`).test(sql))
      .flatMap(({ sql, parameters }) => sqlite.prepare(`explain query plan ${sql}`).all(...parameters) as { detail: string }[])
      .map(({ detail }) => detail);
  };
  return { store, plansOf, [Symbol.asyncDispose]: () => store[Symbol.asyncDispose]() };
}

/** Rows are found by an index, the first of all is the first of an index, and what was found so is looked at again. */
const BY_INDEX = new RegExp(
  [
    "^SEARCH (tasks|following|executions|execution_sums) USING (COVERING INDEX|INDEX|INTEGER PRIMARY KEY \\(rowid=\\?\\))",
    "^SCAN tasks USING COVERING INDEX tasks_waiting_in_order$",
    "^(SCAN pair|CO-ROUTINE pair|SETUP|RECURSIVE STEP|(CORRELATED )?SCALAR SUBQUERY \\d+|USE TEMP B-TREE FOR ORDER BY)$",
  ].join("|"),
);
function hop(store: Store, leg: TaskLeg) {
  const pairs = [{ executionId: "e1", source: "gz", target: "sg", leg, via: "hub", placement: "" }];
  return store.tasks.lease({ agent: "b", pairs, limit: 10, leaseMs: 1_000, preferMs: 0, online: [] }, at(5));
}
describe("what is asked when an agent connects", () => {
  it("finds edges that wait to be repaired by their index", async () => {
    await using watched = await openWatched();
    const plans = await watched.plansOf((asked) => asked.topology.repairNow(at(1)), "replication_edges");
    expect(plans).toEqual([expect.stringContaining("replication_edges_by_repair (repair_at>?)")]);
  });
});

describe("what drift and trace ask of each place", () => {
  it("is found by the tag, however many tasks there are", async () => {
    await using watched = await openWatched();
    const { store, plansOf } = watched;
    await withExecution(store);
    await store.tasks.add(
      Array.from({ length: 40 }, (_, index) => task(String(index))),
      at(0),
    );
    const plans = await plansOf((asked) => asked.tasks.newestAt([task("1").target, task("2").target]));
    expect(plans.filter((plan) => plan.includes("tasks"))).toEqual(
      Array(2).fill(expect.stringContaining("USING INDEX tasks_by_target (target_tag=? AND target_repository=? AND target_instance=?)")),
    );
    const one = await store.tasks.get("1");
    expect(await plansOf((asked) => asked.tasks.deletedTogether(one))).toEqual([expect.stringContaining("tasks_by_execution")]);
  });
});

describe("what the scheduler asks at every turn", () => {
  it.each<[string, (store: Store) => Promise<unknown>]>([
    ["work that waits", (store) => store.tasks.waitingWork(at(5))],
    ["the next retry", (store) => store.tasks.nextDue(at(5))],
    ["tasks of all agents", (store) => store.tasks.held()],
    ["tasks of an agent", (store) => store.tasks.heldBy("a")],
    ["leases that ended", (store) => store.tasks.expire(at(5))],
    ["tasks to lease", (store) => lease(store, "b", at(5), { online: ["a", "b"], preferMs: 5_000 })],
    ["tasks to lease for a hop", (store) => hop(store, "second")],
    ["deletions to lease for the target alone", (store) => hop(store, "target")],
  ])("%s: found by an index, however many tasks there are", async (_, ask) => {
    await using watched = await openWatched();
    const { store, plansOf } = watched;
    await withExecution(store);
    await store.tasks.add(
      Array.from({ length: 40 }, (_, index) => task(String(index))),
      at(0),
    );
    await lease(store, "a", at(1), { limit: 20 });
    for (let id = 0; id < 10; id++)
      await store.tasks.finish({ taskId: String(id), epoch: 1 }, { state: "succeeded", progress: progress(9) }, at(2));
    const again = { state: "retrying", progress: progress(1), failure: FAILURE, nextAttemptAt: at(50) } as const;
    await store.tasks.finish({ taskId: "10", epoch: 1 }, again, at(2));
    const plans = await plansOf(ask);
    expect(plans.length).toBeGreaterThan(0);
    for (const plan of plans) expect(plan).toMatch(BY_INDEX);
  });

  it("who may have an artifact: entries of indexes that hold the answer, however much was brought where", async () => {
    await using watched = await openWatched();
    const artifact = { digest: task("1").digest, source: { instance: "gz", repository: "team0/app" } };
    const plans = await watched.plansOf((store) => store.arrivals.holders(artifact, ["sg"]), "arrivals");
    expect(plans).toHaveLength(3);
    for (const plan of plans) expect(plan).toMatch(/^SEARCH arrivals USING COVERING INDEX arrivals_by_/);
  });
});
