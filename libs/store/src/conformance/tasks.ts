import { NO_BLOBS, NO_PROGRESS } from "@transship/model";
import { describe, expect, it } from "vitest";
import { at, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Adding, listing and cancelling tasks. */
export function taskConformance(openStore: OpenStore): void {
  describe("tasks", () => {
    it("adds each once, and does not touch those that are there", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2")], at(0));
      await lease(store, "a", at(1), { limit: 1 });
      await store.tasks.add([task("1"), task("2"), task("3"), task("3")], at(2));
      expect((await store.tasks.list({ executionId: "e1" }, { limit: 10 })).map(({ id, state }) => `${id} ${state}`)).toEqual([
        "1 leased",
        "2 queued",
        "3 queued",
      ]);
      expect((await store.executions.get("e1")).tasks.total).toBe(3);
      expect(await store.tasks.get("3")).toEqual({
        ...task("3"),
        operation: "copy",
        expected: undefined,
        platforms: undefined,
        refill: false,
        note: undefined,
        state: "queued",
        epoch: 0,
        agent: undefined,
        placement: undefined,
        path: undefined,
        leg: "whole",
        relay: undefined,
        leaseUntil: undefined,
        attempts: 0,
        nextAttemptAt: undefined,
        progress: NO_PROGRESS,
        blobs: [],
        blobSums: NO_BLOBS,
        failure: undefined,
        skipReason: undefined,
        createdAt: at(2).toISOString(),
        startedAt: undefined,
        finishedAt: undefined,
      });
    });

    it("adds nothing to an execution that is unknown or finished", async () => {
      await using store = await openStore();
      await withExecution(store);
      await expect(store.tasks.add([task("1", "absent")], at(0))).rejects.toMatchObject({ code: "NOT_FOUND" });
      await store.executions.advance("e1", "stopped", at(1));
      await expect(store.tasks.add([task("1")], at(2))).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.tasks.get("1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("adds 10,000 and lists them in the order of creation, in pages", async () => {
      await using store = await openStore();
      await withExecution(store);
      const ids = Array.from({ length: 10_000 }, (_, index) => `t${(index * 7919) % 10_000}`);
      await store.tasks.add(
        ids.map((id) => task(id)),
        at(0),
      );
      const first = await store.tasks.list({ executionId: "e1" }, { limit: 6000 });
      const rest = await store.tasks.list({ executionId: "e1" }, { limit: 6000, after: first.at(-1)?.id });
      expect([...first, ...rest].map(({ id }) => id)).toEqual(ids);
      expect((await store.executions.get("e1")).tasks.total).toBe(10_000);
    });

    it("lists by state", async () => {
      await using store = await openStore();
      await withExecution(store);
      await withExecution(store, "e2", "s");
      await store.tasks.add([task("1"), task("2"), task("3", "e2")], at(0));
      await lease(store, "a", at(1), { limit: 1 });
      const ids = async (filter: Parameters<typeof store.tasks.list>[0]) =>
        (await store.tasks.list(filter, { limit: 9 })).map(({ id }) => id);
      expect(await ids({ states: ["queued"] })).toEqual(["2", "3"]);
      expect(await ids({ states: ["leased", "failed"], executionId: "e1" })).toEqual(["1"]);
      expect(await ids({})).toEqual(["1", "2", "3"]);
      await expect(ids({ executionId: "e1", states: [] })).resolves.toEqual([]);
    });

    it("cancels what is unfinished, and says which agents to tell", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2"), task("3")], at(0));
      await lease(store, "a", at(1), { limit: 2 });
      await store.tasks.finish({ taskId: "1", epoch: 1 }, { state: "succeeded", progress: progress(1000), blobs: [] }, at(2));
      expect(await store.tasks.anyUnfinished("e1")).toBe(true);
      const held = await store.tasks.cancelAll("e1", at(3));
      expect(held.map(({ id, agent, epoch, state }) => ({ id, agent, epoch, state }))).toEqual([
        { id: "2", agent: "a", epoch: 1, state: "leased" },
      ]);
      expect(await store.tasks.anyUnfinished("e1")).toBe(false);
      expect((await store.tasks.list({}, { limit: 9 })).map(({ state }) => state)).toEqual(["succeeded", "cancelled", "cancelled"]);
      expect(await store.tasks.get("2")).toMatchObject({ leaseUntil: undefined, finishedAt: at(3).toISOString() });
      expect(await store.tasks.waitingWork(at(4))).toEqual([]);
      expect(await store.tasks.cancelAll("e1", at(5))).toEqual([]);
      expect((await store.tasks.get("3")).finishedAt).toBe(at(3).toISOString());
    });
  });
}
