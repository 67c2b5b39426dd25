import { describe, expect, it } from "vitest";
import { at, FAILURE, LEASE_MS, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Who has a task, and until when. */
export function leaseConformance(openStore: OpenStore): void {
  describe("leases", () => {
    it("gives the oldest first, up to the limit, of the pairs that are asked for", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1", "e1", "bj"), task("2"), task("3"), task("4", "e1", "bj"), task("5", "e1", "sh")], at(0));
      const work = { executionId: "e1", rule: "gz-to-sg", running: 0, source: "gz" };
      expect(await store.tasks.waitingWork(at(0))).toEqual(["bj", "sg", "sh"].map((target) => ({ ...work, target })));
      const pairs = ["sg", "bj", "sg"].map((target) => ({ executionId: "e1", source: "gz", target, placement: `near ${target}` }));
      const claim = { agent: "a", pairs, leaseMs: LEASE_MS, preferMs: 0, online: ["a"] };
      const first = await store.tasks.lease({ ...claim, limit: 3 }, at(1));
      expect(first.map(({ id, placement }) => `${id} ${placement}`)).toEqual(["1 near bj", "2 near sg", "3 near sg"]);
      expect(first[0]).toMatchObject({
        state: "leased",
        epoch: 1,
        attempts: 1,
        agent: "a",
        leaseUntil: at(1 + LEASE_MS).toISOString(),
        startedAt: at(1).toISOString(),
      });
      expect((await store.tasks.lease({ ...claim, limit: 3 }, at(1))).map(({ id }) => id)).toEqual(["4"]);
      expect(
        await store.tasks.lease({ ...claim, limit: 0, pairs: [{ executionId: "e1", source: "gz", target: "sh", placement: "" }] }, at(1)),
      ).toEqual([]);
      expect((await store.tasks.heldBy("a")).map(({ id }) => id)).toEqual(["1", "2", "3", "4"]);
      expect(await store.tasks.heldBy("b")).toEqual([]);
      const held = await store.tasks.held();
      expect(held.map(({ taskId }) => taskId).sort()).toEqual(["1", "2", "3", "4"]);
      expect(held.find(({ taskId }) => taskId === "1")).toEqual({
        ...{ taskId: "1", agent: "a", rule: "gz-to-sg", executionId: "e1", source: "gz", target: "bj" },
      });
    });

    it("tells work by execution, with the tasks that run, and leases of the executions that are asked for", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await withExecution(store, "e2", "s");
      await store.tasks.add([task("1"), task("2"), task("3", "e2"), task("4", "e2"), task("5")], at(0));
      const pair = { source: "gz", target: "sg", placement: "near" };
      const claim = { agent: "a", leaseMs: LEASE_MS, preferMs: 0, online: [], limit: 1 };
      const leased = await store.tasks.lease({ ...claim, pairs: [{ ...pair, executionId: "e2" }] }, at(1));
      expect(leased.map(({ id }) => id)).toEqual(["3"]);
      expect(await store.tasks.waitingWork(at(1))).toEqual([
        { executionId: "e1", rule: "r", running: 0, source: "gz", target: "sg" },
        { executionId: "e2", rule: "s", running: 1, source: "gz", target: "sg" },
      ]);
      const all = { ...claim, pairs: ["e1", "e2"].map((executionId) => ({ ...pair, executionId })), limit: 9 };
      expect((await store.tasks.lease(all, at(1))).map(({ id }) => id)).toEqual(["1", "2", "4", "5"]);
    });

    it("gives no task to two of many callers at once", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add(
        Array.from({ length: 50 }, (_, index) => task(`t${index}`)),
        at(0),
      );
      const agents = Array.from({ length: 20 }, (_, index) => `a${index}`);
      const leased = (await Promise.all(agents.map((agent) => lease(store, agent, at(1), { limit: 3 })))).flat();
      expect(leased).toHaveLength(50);
      expect(new Set(leased.map(({ id }) => id)).size).toBe(50);
      expect(new Set(leased.map(({ epoch }) => epoch))).toEqual(new Set([1]));
    });

    it("renews what still holds and names what does not", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2"), task("3")], at(0));
      await lease(store, "a", at(0), { limit: 2 });
      await lease(store, "b", at(0), { limit: 1 });
      await store.tasks.finish({ taskId: "2", epoch: 1 }, { state: "succeeded", progress: progress(1), blobs: [] }, at(1));
      const lost = await store.tasks.renew(
        "a",
        ["1", "2", "3", "absent"].map((taskId) => ({ taskId, epoch: 1 })),
        LEASE_MS,
        at(10_000),
      );
      expect(lost.map(({ taskId }) => taskId)).toEqual(["2", "3", "absent"]);
      expect(await store.tasks.renew("a", [{ taskId: "1", epoch: 0 }], LEASE_MS, at(20_000))).toEqual([{ taskId: "1", epoch: 0 }]);
      expect((await store.tasks.get("1")).leaseUntil).toBe(at(10_000 + LEASE_MS).toISOString());
      expect((await store.tasks.get("3")).leaseUntil).toBe(at(LEASE_MS).toISOString());
    });

    it("expires at the end of the lease, not before, and returns the task as it was", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(0));
      await lease(store, "a", at(0));
      await store.tasks.progress({ taskId: "1", epoch: 1 }, "copying", progress(400));
      expect(await store.tasks.expire(at(LEASE_MS - 1))).toEqual([]);
      expect(await store.tasks.expire(at(LEASE_MS))).toMatchObject([{ id: "1", state: "copying", agent: "a", epoch: 1 }]);
      expect(await store.tasks.get("1")).toMatchObject({
        state: "queued",
        agent: "a",
        epoch: 1,
        attempts: 1,
        leaseUntil: undefined,
        progress: progress(400),
      });
      expect(await store.tasks.renew("a", [{ taskId: "1", epoch: 1 }], LEASE_MS, at(LEASE_MS))).toHaveLength(1);
      expect(await store.tasks.progress({ taskId: "1", epoch: 1 }, "copying", progress(500))).toBe(false);
    });

    it("gives every lease its full duration after a restart of the control plane", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2")], at(0));
      await lease(store, "a", at(0), { limit: 1 });
      await store.tasks.extendAll(LEASE_MS, at(500_000));
      expect(await store.tasks.expire(at(500_000 + LEASE_MS - 1))).toEqual([]);
      expect(await store.tasks.expire(at(500_000 + LEASE_MS))).toHaveLength(1);
    });

    it("leaves a task to the agent that had it for a while, if that one is online", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2")], at(0));
      await lease(store, "a", at(0), { limit: 1 });
      await store.tasks.expire(at(LEASE_MS));
      const back = LEASE_MS;
      const prefer = { preferMs: 5_000, online: ["a", "b"] };
      expect((await lease(store, "b", at(back + 4_999), prefer)).map(({ id }) => id)).toEqual(["2"]);
      expect((await lease(store, "a", at(back + 1), prefer)).map(({ id, epoch }) => `${id} ${epoch}`)).toEqual(["1 2"]);
      await store.tasks.expire(at(back + 1 + LEASE_MS));
      expect((await lease(store, "c", at(back + 1 + LEASE_MS), { ...prefer, online: ["c"] })).map(({ id }) => id)).toEqual(["1"]);
      await store.tasks.expire(at(1_000_000));
      expect(await lease(store, "a", at(1_004_999), { preferMs: 5_000, online: ["a", "c", "b"], limit: 0 })).toEqual([]);
      expect((await lease(store, "a", at(1_005_000), { preferMs: 5_000, online: ["a", "c"] })).map(({ id }) => id)).toContain("1");
    });

    it("offers a retrying task when it is due, again to its agent first", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(0));
      await lease(store, "a", at(0));
      const outcome = { state: "retrying", progress: progress(5), failure: FAILURE, nextAttemptAt: at(60_000) } as const;
      await store.tasks.finish({ taskId: "1", epoch: 1 }, outcome, at(1));
      expect(await store.tasks.waitingWork(at(59_999))).toEqual([]);
      expect(await store.tasks.nextDue(at(1))).toEqual(at(60_000));
      expect(await lease(store, "a", at(59_999))).toEqual([]);
      expect(await store.tasks.waitingWork(at(60_000))).toMatchObject([{ executionId: "e1", source: "gz", target: "sg" }]);
      expect(await store.tasks.nextDue(at(60_000))).toBeUndefined();
      expect(await lease(store, "b", at(60_000), { preferMs: 5_000, online: ["a", "b"] })).toEqual([]);
      expect(await lease(store, "b", at(65_000), { preferMs: 5_000, online: ["a", "b"] })).toMatchObject([
        { epoch: 2, attempts: 2, agent: "b", failure: FAILURE, nextAttemptAt: undefined, startedAt: at(0).toISOString() },
      ]);
    });

    it("leases queued tasks though the clock was set back", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(3_600_000));
      expect(await store.tasks.waitingWork(at(0))).toHaveLength(1);
      expect(await lease(store, "a", at(0))).toHaveLength(1);
    });
  });
}
