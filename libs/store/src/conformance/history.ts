import type { ExecutionState } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { entry } from "./logs.ts";
import { at, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** Opens an execution of a rule that is there and ends it. */
async function ended(store: Store, id: string, rule: string, ms: number, state: ExecutionState = "succeeded"): Promise<void> {
  await store.executions.open({ id, rule, trigger: "retry" }, at(ms));
  await store.executions.advance(id, "copying", at(ms));
  await store.executions.advance(id, state, at(ms + 10));
}

async function withHistory(store: Store): Promise<void> {
  await withExecution(store, "r0", "r");
  await store.executions.advance("r0", "copying", at(0));
  await store.executions.advance("r0", "succeeded", at(5));
  await ended(store, "r1", "r", 100, "failed");
  await ended(store, "r2", "r", 200, "stopped");
  await ended(store, "r3", "r", 300, "partial");
  await store.executions.open({ id: "r4", rule: "r", trigger: "retry" }, at(400));
}

/** What is kept of the past. */
export function historyConformance(openStore: OpenStore): void {
  describe("history", () => {
    it("tells how the last executions of a rule ended, without those that were stopped", async () => {
      await using store = await openStore();
      await withHistory(store);
      const first = { state: "succeeded", startedAt: at(0).toISOString(), finishedAt: at(5).toISOString() };
      const { executions, lastSuccessAt } = await store.executions.ended("r", 9);
      expect(executions.map(({ state }) => state)).toEqual(["partial", "failed", "succeeded"]);
      expect([executions[2], lastSuccessAt]).toEqual([first, at(5).toISOString()]);
      expect(await store.executions.ended("r", 1)).toMatchObject({
        executions: [{ state: "partial" }],
        lastSuccessAt: at(5).toISOString(),
      });
      expect(await store.executions.ended("other", 9)).toEqual({ executions: [], lastSuccessAt: undefined });
    });

    it("forgets by age and by count, but never the newest, the newest that succeeded, or what is not finished", async () => {
      await using store = await openStore();
      await withHistory(store);
      const forgetAll = async (limits: { keep: number; before: Date }) => {
        const gone: string[] = [];
        for (let id = await store.executions.nextToForget(limits); id !== undefined; id = await store.executions.nextToForget(limits)) {
          expect(await store.executions.forget(id, 10)).toBe(true);
          gone.push(id);
        }
        return gone;
      };
      expect(await forgetAll({ keep: 9, before: at(111) })).toEqual(["r1"]);
      expect(await forgetAll({ keep: 2, before: at(0) })).toEqual(["r2"]);
      expect(await forgetAll({ keep: 1, before: at(1_000_000) })).toEqual(["r3"]);
      expect((await store.executions.list({}, { limit: 9 })).map(({ id }) => id)).toEqual(["r4", "r0"]);
      await store.executions.advance("r4", "failed", at(500));
      expect(await forgetAll({ keep: 1, before: at(1_000_000) })).toEqual([]);
    });

    it("forgets tasks and log lines some at a time, then the execution, and no longer says which one repeats it", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await store.tasks.add(
        ["1", "2", "3"].map((id) => task(id)),
        at(0),
      );
      for (const { id } of await lease(store, "a", at(1))) {
        await store.tasks.finish({ taskId: id, epoch: 1 }, { state: "succeeded", progress: progress(1) }, at(2));
      }
      await store.executions.advance("e1", "copying", at(3));
      await store.executions.advance("e1", "partial", at(4));
      await store.executions.open({ id: "e2", rule: "r", trigger: "retry", retryOf: "e1" }, at(5));
      await store.logs.append({ entries: [entry("one"), entry("two"), entry("three")], cursors: [] });
      expect(await store.executions.forget("e1", 2)).toBe(false);
      expect(await store.tasks.list({ executionId: "e1" }, { limit: 9 })).toHaveLength(1);
      expect(await store.executions.forget("e1", 2)).toBe(false);
      expect((await store.executions.get("e1")).id).toBe("e1");
      expect(await store.executions.forget("e1", 2)).toBe(true);
      await expect(store.executions.get("e1")).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.tasks.get("3")).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect((await store.executions.get("e2")).retryOf).toBeUndefined();
    });
  });
}
