import { NO_BLOBS, NO_PROGRESS, sumBlobs } from "@transship/model";
import { describe, expect, it } from "vitest";
import { at, blob, FAILURE, LEASE_MS, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Progress and outcomes: at least once, applied once. */
export function outcomeConformance(openStore: OpenStore): void {
  const success = { state: "succeeded", progress: progress(1000), blobs: [] } as const;
  const again = { state: "retrying", progress: progress(5), failure: FAILURE, nextAttemptAt: at(10) } as const;
  const first = { taskId: "1", epoch: 1 };
  const second = { taskId: "1", epoch: 2 };

  describe("outcomes", () => {
    const opened = async () => {
      const store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(0));
      return store;
    };

    it("applies an outcome once; the same report later is a duplicate, another epoch is stale", async () => {
      await using store = await opened();
      expect(await store.tasks.finish({ taskId: "1", epoch: 0 }, success, at(0))).toBe("stale");
      await lease(store, "a", at(0));
      expect(await store.tasks.finish(second, success, at(1))).toBe("stale");
      expect(await store.tasks.finish(first, success, at(2))).toBe("applied");
      expect(await store.tasks.finish(first, success, at(3))).toBe("duplicate");
      expect(await store.tasks.finish(second, success, at(3))).toBe("stale");
      expect(await store.tasks.finish({ taskId: "absent", epoch: 1 }, success, at(3))).toBe("stale");
      expect(await store.tasks.get("1")).toMatchObject({
        state: "succeeded",
        finishedAt: at(2).toISOString(),
        progress: progress(1000),
        leaseUntil: undefined,
      });
    });

    it("keeps the failure while it retries and clears it on success; older reports stay duplicates", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      expect(await store.tasks.finish(first, again, at(1))).toBe("applied");
      expect(await store.tasks.get("1")).toMatchObject({
        state: "retrying",
        failure: FAILURE,
        nextAttemptAt: at(10).toISOString(),
        finishedAt: undefined,
      });
      expect(await store.tasks.finish(first, success, at(2))).toBe("duplicate");
      await lease(store, "b", at(10));
      expect((await store.tasks.get("1")).failure).toEqual(FAILURE);
      expect(await store.tasks.finish(first, again, at(11))).toBe("duplicate");
      expect(await store.tasks.finish(second, success, at(12))).toBe("applied");
      expect(await store.tasks.finish(first, again, at(13))).toBe("duplicate");
      expect(await store.tasks.get("1")).toMatchObject({ state: "succeeded", failure: undefined, attempts: 2 });
    });

    it("refuses a stale owner after another agent has the task", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      await store.tasks.expire(at(LEASE_MS));
      await lease(store, "b", at(LEASE_MS));
      expect(await store.tasks.progress(first, "verifying", progress(999))).toBe(false);
      expect(await store.tasks.finish(first, { state: "failed", progress: progress(1), failure: FAILURE }, at(LEASE_MS))).toBe("stale");
      expect(await store.tasks.get("1")).toMatchObject({ state: "leased", agent: "b", epoch: 2, failure: undefined });
    });

    it("takes a late outcome of the newest epoch while nobody else has the task", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      await store.tasks.expire(at(LEASE_MS));
      expect(await store.tasks.finish(first, success, at(LEASE_MS + 1))).toBe("applied");
      expect(await store.tasks.get("1")).toMatchObject({ state: "succeeded", attempts: 1 });
      expect(await store.tasks.waitingWork(at(LEASE_MS + 1))).toEqual([]);
    });

    it("counts no attempt for a task that is given back", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      await store.tasks.progress(first, "copying", progress(300));
      expect(await store.tasks.finish(first, { state: "queued", progress: progress(350) }, at(1))).toBe("applied");
      expect(await store.tasks.get("1")).toMatchObject({ state: "queued", attempts: 0, epoch: 1, agent: "a", progress: progress(350) });
      expect(await lease(store, "b", at(2))).toMatchObject([{ epoch: 2, attempts: 1 }]);
    });

    it("records a skip with its reason, a failure with its cause, and a cancellation", async () => {
      await using store = await opened();
      await store.tasks.add([task("2"), task("3")], at(0));
      await lease(store, "a", at(0));
      await store.tasks.finish(first, { state: "skipped", progress: progress(0), reason: "kept" }, at(1));
      await store.tasks.finish(
        { taskId: "2", epoch: 1 },
        { state: "failed", progress: progress(0), failure: { ...FAILURE, side: undefined } },
        at(1),
      );
      await store.tasks.finish({ taskId: "3", epoch: 1 }, { state: "cancelled", progress: progress(7) }, at(1));
      expect(await store.tasks.get("1")).toMatchObject({ state: "skipped", skipReason: "kept", finishedAt: at(1).toISOString() });
      expect((await store.tasks.get("2")).failure).toEqual({ ...FAILURE, side: undefined });
      expect(await store.tasks.get("3")).toMatchObject({ state: "cancelled", progress: progress(7) });
      expect(await store.tasks.anyUnfinished("e1")).toBe(false);
    });

    it("keeps what each blob cost; only the task itself shows it, lists do not", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      const blobs = [
        blob("a", { rung: "sibling", way: "segmented", from: "sh", ranges: 16, retries: 2, resumed: 3 }),
        blob("b", { rung: "mounted", way: undefined }),
      ];
      expect(await store.tasks.finish(first, { ...success, blobs, blobSums: sumBlobs(blobs) }, at(1))).toBe("applied");
      expect(await store.tasks.finish(first, success, at(2))).toBe("duplicate");
      expect((await store.tasks.get("1")).blobs).toEqual(blobs);
      expect(await store.tasks.list({}, { limit: 9 })).toEqual([{ ...(await store.tasks.get("1")), blobs: [], blobSums: NO_BLOBS }]);
    });

    it("keeps what the blobs of a failed attempt cost until the next attempt tells, and adds all attempts up", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      const failed = [blob("a"), blob("b", { state: "failed", retries: 4 }), blob("c", { state: "under-way", copied: 7, wasted: 7 })];
      await store.tasks.finish(first, { ...again, blobs: failed, blobSums: sumBlobs(failed) }, at(1));
      await store.tasks.finish(first, { ...again, blobs: failed, blobSums: sumBlobs(failed) }, at(2));
      expect((await store.tasks.get("1")).blobs).toEqual(failed);
      await lease(store, "a", at(10));
      expect((await store.tasks.get("1")).blobs).toEqual(failed);
      await store.tasks.finish(second, { state: "queued", progress: progress(5) }, at(11));
      expect((await store.tasks.get("1")).blobs).toEqual(failed);
      await lease(store, "a", at(12));
      const done = [blob("a", { rung: "existing", way: undefined, copied: 0 }), blob("b", { rung: "resumed", retries: 1 }), blob("c")];
      await store.tasks.finish({ taskId: "1", epoch: 3 }, { ...success, blobs: done, blobSums: sumBlobs(done) }, at(13));
      const task = await store.tasks.get("1");
      expect(task.blobs).toEqual(done);
      expect(task.blobSums).toEqual({
        ...NO_BLOBS,
        existing: { count: 1, bytes: 1000, retries: 0 },
        resumed: { count: 1, bytes: 1000, retries: 1 },
        copied: { count: 2, bytes: 2000, retries: 4 },
      });
      expect((await store.executions.get("e1")).blobs).toEqual(task.blobSums);
    });

    it("keeps the sizes that an attempt knew while the next one does not know them, and has all of them when it succeeds so", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      await store.tasks.finish(first, { ...again, progress: progress(400) }, at(1));
      await lease(store, "a", at(10));
      const early = { ...NO_PROGRESS, bytes: progress(400).bytes };
      await store.tasks.progress(second, "leased", early);
      expect((await store.tasks.get("1")).progress).toEqual(progress(400));
      expect(await store.executions.get("e1")).toMatchObject({ totalBytes: 1000, doneBytes: 400 });
      await store.tasks.finish(second, { state: "succeeded", progress: early }, at(11));
      expect((await store.tasks.get("1")).progress).toEqual({ ...progress(1000), bytes: progress(400).bytes });
      expect(await store.executions.get("e1")).toMatchObject({ totalBytes: 1000, doneBytes: 1000, fetchedBytes: 1000 });
    });

    it("does not revive a cancelled task", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      await store.tasks.cancelAll("e1", at(1));
      expect(await store.tasks.progress(first, "copying", progress(9))).toBe(false);
      expect(await store.tasks.finish(first, success, at(2))).toBe("stale");
      expect((await store.tasks.get("1")).state).toBe("cancelled");
    });

    it("moves among the states of a held task, never back to the first", async () => {
      await using store = await opened();
      await lease(store, "a", at(0));
      const state = async () => (await store.tasks.get("1")).state;
      expect(await store.tasks.progress(first, "verifying", progress(1000))).toBe(true);
      expect(await store.tasks.progress(first, "copying", progress(900))).toBe(true);
      expect(await state()).toBe("copying");
      expect(await store.tasks.progress(first, "leased", progress(950))).toBe(true);
      expect(await state()).toBe("copying");
      expect((await store.tasks.get("1")).leaseUntil).toBe(at(LEASE_MS).toISOString());
      await expect(store.tasks.progress(first, "succeeded", progress(1000))).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    });
  });
}
