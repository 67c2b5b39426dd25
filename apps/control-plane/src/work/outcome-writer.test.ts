import { TransshipError } from "@transship/errors";
import type { AttemptReport, Reported } from "@transship/store";
import { describe, expect, it } from "vitest";
import { OutcomeWriter } from "./outcome-writer.ts";

const report = (taskId: string): AttemptReport => ({ lease: { taskId, epoch: 1 }, outcome: () => ({ state: "cancelled", progress }) });
const progress = { totalBytes: 0, doneBytes: 0, fetchedBytes: 0, bytes: { copied: 0, mounted: 0, existing: 0, resumed: 0, wasted: 0 } };
const now = () => new Date("2026-01-01T00:00:00Z");

/** A store that answers with what it was told, and keeps how reports came. */
function storeThatFails(fails: (ids: readonly string[]) => boolean) {
  const batches: string[][] = [];
  const finishAll = async (reports: readonly AttemptReport[]): Promise<Reported[]> => {
    const ids = reports.map(({ lease }) => lease.taskId);
    batches.push(ids);
    if (fails(ids)) throw new TransshipError("DISK_FULL", { what: "writing", why: ids.join() });
    return ids.map((id) => ({ result: id.startsWith("old") ? "stale" : "duplicate" }));
  };
  return { batches, finishAll };
}

describe("outcomes", () => {
  it("that come together are written together, and each is told what became of it", async () => {
    const store = storeThatFails(() => false);
    const writer = new OutcomeWriter(store, now);
    const results = await Promise.all(["a", "old", "b"].map((id) => writer.write(report(id))));
    expect(results.map(({ result }) => result)).toEqual(["duplicate", "stale", "duplicate"]);
    expect(store.batches).toEqual([["a", "old", "b"]]);
    await writer.write(report("c"));
    expect(store.batches.at(-1)).toEqual(["c"]);
  });

  it("that cannot be stored fail alone, and none is said to be stored before it is", async () => {
    const store = storeThatFails((ids) => ids.includes("bad"));
    const writer = new OutcomeWriter(store, now);
    const results = await Promise.allSettled(["a", "bad", "b"].map((id) => writer.write(report(id))));
    expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
    expect(store.batches).toEqual([["a", "bad", "b"], ["a"], ["bad"], ["b"]]);
    await expect(writer.write(report("bad"))).rejects.toMatchObject({ code: "DISK_FULL" });
  });

  it("are all written, however many there are, in the order in which they came", async () => {
    const store = storeThatFails(() => false);
    const writer = new OutcomeWriter(store, now);
    const ids = Array.from({ length: 1_000 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => writer.write(report(id))));
    expect(store.batches.flat()).toEqual(ids);
    expect(store.batches.length).toBeLessThan(10);
  });
});
