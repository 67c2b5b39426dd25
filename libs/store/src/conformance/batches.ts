import { describe, expect, it } from "vitest";
import type { AttemptReport, Claim } from "../task-store.ts";
import { at, LEASE_MS, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Many leases, reports or numbers in one transaction: as if they came one after the other. */
export function batchConformance(openStore: OpenStore): void {
  const success = { state: "succeeded", progress: progress(1000), arrival: {} } as const;
  const done = (taskId: string, epoch = 1, agent?: string): AttemptReport => ({ lease: { taskId, epoch }, agent, outcome: () => success });
  const pairs = [{ executionId: "e1", source: "gz", target: "sg", placement: "near" }];
  const claim = (agent: string, limit: number, preferMs = 0): Claim => ({ agent, pairs, limit, preferMs });
  const terms = { leaseMs: LEASE_MS, online: new Set(["a", "b"]) };

  describe("batches", () => {
    const opened = async (tasks: number) => {
      const store = await openStore();
      await withExecution(store);
      await store.tasks.add(
        Array.from({ length: tasks }, (_, index) => task(String(index))),
        at(0),
      );
      return store;
    };

    it("lease to one claim after the other, and no task twice", async () => {
      await using store = await opened(5);
      const leased = await store.tasks.leaseAll([claim("a", 2), claim("b", 1), claim("a", 0), claim("c", 9), claim("b", 1)], terms, at(1));
      expect(leased.map((tasks) => tasks.map(({ id, agent }) => `${id} ${agent}`))).toEqual([
        ["0 a", "1 a"],
        ["2 b"],
        [],
        ["3 c", "4 c"],
        [],
      ]);
      expect(await store.tasks.heldCounts([{ name: "a" }, { name: "b" }, { name: "x" }])).toEqual(
        new Map([
          ["a", 2],
          ["b", 1],
        ]),
      );
      expect(await store.executions.get("e1")).toMatchObject({ tasks: { total: 5, running: 5 } });
    });

    it("lease hops and deletions to those who claim that part of the way, and what both may have to the first", async () => {
      await using store = await openStore();
      await withExecution(store);
      const via = { instance: "hub", repository: "relay/app", tag: "v" };
      const added = [{ ...task("0"), via }, task("1"), { ...task("2"), via, operation: "delete" as const }];
      await store.tasks.add(added, at(0));
      const leg = (agent: string, name: "first" | "second" | "target", limit = 9) => ({
        agent,
        limit,
        preferMs: 0,
        pairs: [{ executionId: "e1", source: "gz", target: "sg", leg: name, via: "hub", placement: agent }],
      });
      const leased = await store.tasks.leaseAll(
        [leg("a", "second"), leg("b", "first", 1), leg("c", "target"), leg("d", "first")],
        terms,
        at(1),
      );
      expect(leased.map((tasks) => tasks.map((one) => `${one.id} ${one.agent} ${one.leg}`))).toEqual([
        [],
        ["0 b first"],
        ["2 c target"],
        [],
      ]);
    });

    it("count what an agent has without what a process of its name has elsewhere", async () => {
      await using store = await opened(3);
      await store.tasks.leaseAll(
        [
          { ...claim("a", 2), home: "here" },
          { ...claim("a", 1), home: "there" },
        ],
        terms,
        at(1),
      );
      const counted = async (home?: string) => (await store.tasks.heldCounts([{ name: "a", home }])).get("a");
      expect([await counted("here"), await counted("there"), await counted("nowhere"), await counted()]).toEqual([2, 1, undefined, 3]);
    });

    it("forget a tag that one report brought and the next one took away", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("0"), { ...task("1"), target: task("0").target, operation: "delete" }], at(0));
      await lease(store, "a", at(1));
      await store.tasks.finishAll([done("0"), done("1")], at(2));
      expect(await store.arrivals.in("sg", [task("0").target.repository])).toEqual([]);
    });

    it("leave a task that came back to the agent that had it, and give others what is behind it", async () => {
      await using store = await opened(3);
      await store.tasks.leaseAll([claim("a", 1)], terms, at(1));
      await store.tasks.finish({ taskId: "0", epoch: 1 }, { state: "queued", progress: progress(5) }, at(2));
      const [b, a] = await store.tasks.leaseAll([claim("b", 1, 5_000), claim("a", 2, 5_000)], terms, at(3));
      expect([b, a].map((tasks) => tasks?.map(({ id }) => id))).toEqual([["1"], ["0", "2"]]);
      await store.tasks.finish({ taskId: "0", epoch: 2 }, { state: "queued", progress: progress(5) }, at(4));
      const away = { ...terms, online: new Set(["b"]) };
      expect((await store.tasks.leaseAll([claim("b", 1, 5_000)], away, at(5))).flat().map(({ id }) => id)).toEqual(["0"]);
    });

    it("apply each report once, and tell of each what became of it, the rule and the task as it was and is", async () => {
      await using store = await opened(4);
      await lease(store, "a", at(1));
      const reports = [done("0"), done("1", 1, "a"), done("0"), done("2", 1, "b"), done("3", 7), done("absent")];
      const reported = await store.tasks.finishAll(reports, at(2));
      expect(reported.map(({ result }) => result)).toEqual(["applied", "applied", "duplicate", "stale", "stale", "stale"]);
      expect(reported[1]).toMatchObject({
        before: { id: "1", state: "leased" },
        after: { id: "1", state: "succeeded", progress: progress(1000), finishedAt: at(2).toISOString() },
        execution: { rule: "gz-to-sg", trigger: "manual", hops: 0 },
      });
      expect(await store.tasks.get("1")).toEqual(reported[1]?.result === "applied" && reported[1].after);
      expect(await store.executions.get("e1")).toMatchObject({ tasks: { succeeded: 2, running: 2 }, bytes: { copied: 2000 } });
      expect((await store.tasks.finishAll([done("0")], at(3)))[0]?.result).toBe("duplicate");
    });

    it("record progress of those who have the task", async () => {
      await using store = await opened(3);
      await lease(store, "a", at(1), { limit: 2 });
      const copied = (taskId: string, agent: string) => ({
        lease: { taskId, epoch: 1 },
        agent,
        state: "copying" as const,
        progress: progress(300),
      });
      const results = await store.tasks.progressAll([copied("0", "a"), copied("1", "b"), copied("2", "a")]);
      expect(results.map((result) => result && [result.before.state, result.after.state])).toEqual([
        ["leased", "copying"],
        undefined,
        undefined,
      ]);
      expect(await store.tasks.get("0")).toMatchObject({ state: "copying", progress: progress(300) });
      expect(await store.executions.get("e1")).toMatchObject({ doneBytes: 300, tasks: { running: 2 } });
    });
  });
}
