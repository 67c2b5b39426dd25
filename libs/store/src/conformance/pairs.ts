import { pairKey, type TagConflict, type TagPair } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { at, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

const SOURCE = { instance: "gz", repository: "team0/app" };
const TARGET = { instance: "sg", repository: "mirror/app" };
const there: TagPair = { places: [SOURCE, TARGET], tag: "v1" };
const back: TagPair = { places: [TARGET, SOURCE], tag: "v1" };
const key = pairKey(there);
const found: TagConflict = { source: SOURCE, target: TARGET, tag: "v1", atSource: "x", atTarget: "y", base: undefined };
const seenFromThere: TagConflict = { ...found, source: TARGET, target: SOURCE, atSource: "y", atTarget: "x" };

/** Tags between whose places rules lead both ways. */
export function pairConformance(openStore: OpenStore): void {
  describe("pairs", () => {
    it("remembers what both had last, from whichever side it is asked", async () => {
      await using store = await openStore();
      await store.pairs.agree([{ pair: there, digest: "x" }], at(1));
      await store.pairs.agree([{ pair: back, digest: "y" }], at(2));
      const agreed = new Map([[key, { digest: "y", at: at(2).toISOString() }]]);
      expect(await store.pairs.agreements([there, { ...there, tag: "v2" }])).toEqual(agreed);
      expect(await store.pairs.agreements([back])).toEqual(agreed);
    });

    it("finds as many as a page has", async () => {
      await using store = await openStore();
      const many = Array.from({ length: 1200 }, (_, index) => ({ pair: { ...there, tag: `v${index}` }, digest: `d${index}` }));
      await store.pairs.agree(many, at(1));
      expect((await store.pairs.agreements(many.map(({ pair }) => pair))).size).toBe(1200);
    });

    it("tells a conflict once, whichever side finds it, and again when it is another", async () => {
      await using store = await openStore();
      expect(await find(store, found)).toEqual([found]);
      expect(await find(store, found)).toEqual([]);
      expect(await find(store, seenFromThere)).toEqual([]);
      const moved = { ...found, atSource: "z" };
      expect(await find(store, moved)).toEqual([moved]);
      expect(await store.pairs.inConflict([back])).toEqual(new Set([key]));
    });

    it("ends a conflict when both agree, or it is settled", async () => {
      await using store = await openStore();
      await find(store, found);
      await store.pairs.agree([{ pair: back, digest: "x" }], at(2));
      expect(await store.pairs.inConflict([there])).toEqual(new Set());
      expect(await find(store, found)).toEqual([found]);
      await store.pairs.settle([back]);
      expect(await store.pairs.inConflict([there])).toEqual(new Set());
    });

    it("ends a conflict when a task brings the tag over", async () => {
      await using store = await openStore();
      await withExecution(store);
      await find(store, found);
      await store.tasks.add([{ ...task("1"), facing: "sg-to-gz", expected: "y", overwrite: "ours" }], at(0));
      expect(await store.tasks.get("1")).toMatchObject({ facing: "sg-to-gz" });
      await succeed(store);
      expect(await store.pairs.inConflict([there])).toEqual(new Set());
    });

    it("forgets a pair, and what was brought to either place, when a task takes the tag away", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(0));
      await succeed(store);
      const home = { ...task("1"), id: "home", source: task("1").target, target: task("1").source };
      await store.tasks.add([home], at(0));
      for (const { id, epoch } of await leaseHome(store)) await finish(store, id, epoch);
      await store.pairs.agree([{ pair: there, digest: "x" }], at(1));
      expect((await store.arrivals.at("gz", [{ repository: "team0/app", tag: "v1" }])).size).toBe(1);
      await store.tasks.add([{ ...task("1"), id: "d", operation: "delete" }], at(0));
      await succeed(store);
      expect(await store.pairs.agreements([there])).toEqual(new Map());
      expect(await store.arrivals.at("gz", [{ repository: "team0/app", tag: "v1" }])).toEqual(new Map());
      expect(await store.arrivals.at("sg", [{ repository: "mirror/app", tag: "v1" }])).toEqual(new Map());
    });
  });
}

function find(store: Store, conflict: TagConflict): Promise<readonly TagConflict[]> {
  return store.pairs.conflict([conflict], "r", at(1), () => ({ id: "e", type: "conflict.detected", rule: "r", body: "{}" }));
}

function leaseHome(store: Store) {
  const pairs = [{ executionId: "e1", source: "sg", target: "gz", placement: "near" }];
  return store.tasks.lease({ agent: "a", pairs, limit: 10, leaseMs: 30_000, preferMs: 0, online: [] }, at(0));
}

async function succeed(store: Store): Promise<void> {
  for (const { id, epoch } of await lease(store, "a", at(0))) await finish(store, id, epoch);
}

async function finish(store: Store, taskId: string, epoch: number): Promise<void> {
  await store.tasks.finish({ taskId, epoch }, { state: "succeeded", progress: progress(1000), blobs: [], arrival: {} }, at(1));
}
