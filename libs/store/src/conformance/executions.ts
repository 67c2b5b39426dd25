import { NO_BLOBS, sumBlobs } from "@transship/model";
import { describe, expect, it } from "vitest";
import { at, blob, FAILURE, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Executions: one at a time per rule. */
export function executionConformance(openStore: OpenStore): void {
  describe("executions", () => {
    it("starts the first, queues the second, merges the third into the second", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const second = await store.executions.open({ id: "e2", rule: "r", trigger: "manual" }, at(1));
      const third = await store.executions.open({ id: "e3", rule: "r", trigger: "manual" }, at(2));
      expect([second.outcome, third.outcome, third.execution.id]).toEqual(["queued", "merged", "e2"]);
      expect((await store.executions.unfinished()).map(({ id }) => id)).toEqual(["e1", "e2"]);
      expect((await store.executions.nextQueued("r"))?.id).toBe("e1");
      await store.executions.advance("e1", "inventory", at(3));
      expect(await store.executions.nextQueued("r")).toBeUndefined();
      await store.executions.advance("e1", "failed", at(4), FAILURE);
      expect((await store.executions.nextQueued("r"))?.id).toBe("e2");
    });

    it("settles where any of those that were merged asked for it", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await store.executions.open({ id: "e2", rule: "r", trigger: "manual" }, at(1));
      const merged = await store.executions.open({ id: "e3", rule: "r", trigger: "manual", settle: true }, at(2));
      await store.executions.open({ id: "e4", rule: "r", trigger: "manual" }, at(3));
      expect(merged.execution).toMatchObject({ id: "e2", settle: true });
      expect(await store.executions.get("e1")).toMatchObject({ settle: false, conflicts: 0 });
      expect(await store.executions.get("e2")).toMatchObject({ settle: true });
    });

    it("never merges with a retry, which waits in turn", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const retry = await store.executions.open({ id: "e2", rule: "r", trigger: "retry", retryOf: "e1" }, at(1));
      const manual = await store.executions.open({ id: "e3", rule: "r", trigger: "manual" }, at(2));
      const another = await store.executions.open({ id: "e4", rule: "r", trigger: "retry", retryOf: "e1" }, at(3));
      expect([retry.outcome, manual.outcome, another.outcome]).toEqual(["queued", "queued", "queued"]);
      expect(retry.execution).toMatchObject({ trigger: "retry", retryOf: "e1", state: "queued" });
    });

    it("opens one of two callers that ask at once", async () => {
      await using store = await openStore();
      await withExecution(store, "e0", "r");
      await store.executions.advance("e0", "stopped", at(0));
      const ids = ["e1", "e2", "e3", "e4"];
      const opened = await Promise.all(ids.map((id) => store.executions.open({ id, rule: "r", trigger: "manual" }, at(1))));
      expect(opened.map(({ outcome }) => outcome).sort()).toEqual(["merged", "merged", "queued", "started"]);
    });

    it("refuses unknown rules and ids that are there", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await expect(store.executions.open({ id: "e9", rule: "absent", trigger: "manual" }, at(0))).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
      await expect(store.executions.open({ id: "e1", rule: "r", trigger: "manual" }, at(0))).rejects.toMatchObject({ code: "CONFLICT" });
      await expect(store.executions.get("absent")).rejects.toMatchObject({ code: "NOT_FOUND", what: "execution absent" });
      await expect(store.executions.planned("absent", { unchanged: 1, repositories: 1 })).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("follows its table, keeps the moments and stays final", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await expect(store.executions.advance("e1", "planning", at(1))).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await store.executions.advance("e1", "inventory", at(2))).startedAt).toBe(at(2).toISOString());
      await store.executions.advance("e1", "planning", at(3));
      await store.executions.planned("e1", { unchanged: 7, repositories: 2 });
      await store.executions.planned("e1", { unchanged: 8, repositories: 2, conflicts: 3 });
      expect(await store.executions.get("e1")).toMatchObject({ unchanged: 8, conflicts: 3 });
      await store.executions.advance("e1", "copying", at(4));
      const done = await store.executions.advance("e1", "failed", at(5), FAILURE);
      expect(done).toMatchObject({
        state: "failed",
        startedAt: at(2).toISOString(),
        finishedAt: at(5).toISOString(),
        failure: FAILURE,
        unchanged: 8,
      });
      await expect(store.executions.advance("e1", "stopped", at(6))).rejects.toMatchObject({ code: "CONFLICT", why: "failed is final" });
      await expect(store.executions.advance("absent", "stopped", at(6))).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("lists newest first, in pages, by rule and state", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await withExecution(store, "e2", "s");
      await store.executions.advance("e1", "stopped", at(1));
      await store.executions.open({ id: "e3", rule: "r", trigger: "manual" }, at(1));
      const ids = async (...request: Parameters<typeof store.executions.list>) =>
        (await store.executions.list(...request)).map(({ id }) => id);
      expect(await ids({}, { limit: 2 })).toEqual(["e3", "e2"]);
      expect(await ids({}, { limit: 2, after: "e2" })).toEqual(["e1"]);
      expect(await ids({ rule: "r" }, { limit: 10 })).toEqual(["e3", "e1"]);
      expect(await ids({ rule: "r", state: "stopped" }, { limit: 10 })).toEqual(["e1"]);
      await expect(store.executions.list({}, { limit: 1, after: "absent" })).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("sums its tasks up", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await withExecution(store, "e2", "s");
      await store.tasks.add(
        ["1", "2", "3", "4", "5"].map((id) => task(id)),
        at(0),
      );
      await store.tasks.add([task("6", "e2")], at(0));
      await lease(store, "a", at(1), { limit: 4 });
      await store.tasks.progress({ taskId: "1", epoch: 1 }, "copying", progress(10));
      await store.tasks.finish(
        { taskId: "2", epoch: 1 },
        { state: "succeeded", progress: progress(1000), blobs: [], blobSums: sumBlobs([blob("a")]) },
        at(2),
      );
      await store.tasks.finish({ taskId: "3", epoch: 1 }, { state: "failed", progress: progress(5), failure: FAILURE }, at(2));
      await store.tasks.finish(
        { taskId: "4", epoch: 1 },
        {
          state: "retrying",
          progress: progress(3),
          failure: FAILURE,
          nextAttemptAt: at(99),
          blobSums: sumBlobs([blob("b", { retries: 2 })]),
        },
        at(2),
      );
      const expected = {
        tasks: { total: 5, succeeded: 1, failed: 1, skipped: 0, cancelled: 0, running: 1, retrying: 1 },
        bytes: { copied: 1018, mounted: 0, existing: 0, resumed: 0, wasted: 0 },
        totalBytes: 4000,
        doneBytes: 1018,
        fetchedBytes: 1018,
        blobs: { ...NO_BLOBS, copied: { count: 2, bytes: 2000, retries: 2 } },
      };
      expect(await store.executions.get("e1")).toMatchObject(expected);
      const [second, first] = await store.executions.list({}, { limit: 10 });
      expect(first).toMatchObject(expected);
      expect(second).toMatchObject({ id: "e2", tasks: { total: 1 }, totalBytes: 0, blobs: NO_BLOBS });
      await store.tasks.cancelAll("e1", at(3));
      expect((await store.executions.get("e1")).tasks).toEqual({
        total: 5,
        succeeded: 1,
        failed: 1,
        skipped: 0,
        cancelled: 3,
        running: 0,
        retrying: 0,
      });
      expect((await store.executions.get("e1")).bytes.copied).toBe(1018);
      expect((await store.executions.get("e1")).blobs.copied.count).toBe(2);
    });
  });
}
