import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import type { NewTask } from "../task-store.ts";
import { at, LEASE_MS, lease, type OpenStore, progress, rule, task, withExecution } from "./samples.ts";

const PLACE = { repository: "mirror/app", tag: "v1" };

/** What rules brought where. */
export function arrivalConformance(openStore: OpenStore): void {
  describe("arrivals", () => {
    it("remembers what a task brought, and nothing of a tag that had the digest before", async () => {
      await using store = await openStore();
      await withExecution(store);
      await done(store, task("1"), { arrival: {} });
      await done(store, task("2"), {});
      const found = await store.arrivals.at("sg", [PLACE, { ...PLACE, tag: "v2" }, { repository: "mirror/other", tag: "v1" }]);
      expect([...found]).toEqual([
        [
          "mirror/app:v1",
          {
            rule: "gz-to-sg",
            source: { instance: "gz", repository: "team0/app" },
            target: { instance: "sg", ...PLACE },
            digest: task("1").digest,
            platforms: undefined,
            at: at(1).toISOString(),
          },
        ],
      ]);
      expect(await store.arrivals.in("sg", ["mirror/app"])).toEqual([...found.values()]);
      expect(await store.arrivals.in("bj", ["mirror/app"])).toEqual([]);
      expect(await store.arrivals.pairs("gz-to-sg", "sg")).toEqual([{ source: "team0/app", target: "mirror/app" }]);
    });

    it("gives the tag to the rule that brought something there last, with its platforms", async () => {
      await using store = await openStore();
      await withExecution(store);
      await done(store, task("1"), { arrival: { platforms: ["linux/amd64", "linux/arm/v7"] } });
      expect(await store.arrivals.anyInPart("gz-to-sg", "sg")).toBe(true);
      expect((await store.arrivals.at("sg", [PLACE])).get("mirror/app:v1")?.platforms).toEqual(["linux/amd64", "linux/arm/v7"]);
      await store.topology.apply([{ apply: rule("other") }], { now: at(0) });
      await store.executions.open({ id: "e2", rule: "other", trigger: "manual" }, at(0));
      await done(store, { ...task("1", "e2"), id: "1b", digest: `sha256:${"1".repeat(64)}` }, { arrival: {} });
      expect((await store.arrivals.at("sg", [PLACE])).get("mirror/app:v1")).toMatchObject({ rule: "other", platforms: undefined });
      expect(await store.arrivals.anyInPart("gz-to-sg", "sg")).toBe(false);
      expect(await store.arrivals.pairs("gz-to-sg", "sg")).toEqual([]);
    });

    it("forgets what a deletion took away, and counts it", async () => {
      await using store = await openStore();
      await withExecution(store);
      await done(store, task("1"), { arrival: {} });
      const deletion: NewTask = { ...task("1"), id: "d", operation: "delete" };
      await store.tasks.add([deletion, { ...deletion, id: "d2", target: { ...deletion.target, tag: "same" } }], at(0));
      expect(await store.tasks.get("d")).toMatchObject({ operation: "delete", expected: undefined, platforms: undefined, refill: false });
      expect(await store.tasks.deletedTogether(await store.tasks.get("d"))).toEqual(["v1", "same"]);
      await done(store, undefined, {});
      expect(await store.arrivals.at("sg", [PLACE])).toEqual(new Map());
      expect((await store.executions.get("e1")).deleted).toBe(2);
    });

    it("knows who may have an artifact: where it was brought to and from, then where others of its repository were", async () => {
      await using store = await openStore();
      await withExecution(store);
      const other = `sha256:${"3".repeat(64)}`;
      const from = (repository: string) => ({ instance: "gz", repository, tag: "v9" });
      const to = (instance: string, repository: string, tag = "v9") => ({ instance, repository, tag });
      const { digest } = task("1");
      await brought(store, [
        { source: from("team0/app"), target: to("sg", "mirror/app"), digest },
        { source: from("team0/app"), target: to("sg", "mirror/app", "same"), digest },
        { source: from("elsewhere"), target: to("bj", "copy/app"), digest },
        { source: from("team0/app"), target: to("fra", "like/app"), digest: other },
        { source: from("team1/web"), target: to("sh", "mirror/web"), digest: other },
      ]);
      const asked = { digest, source: { instance: "gz", repository: "team0/app" } };
      expect(await store.arrivals.holders(asked, [])).toEqual([
        { instance: "bj", repository: "copy/app" },
        { instance: "sg", repository: "mirror/app" },
        { instance: "gz", repository: "elsewhere" },
        { instance: "fra", repository: "like/app" },
      ]);
      const new1 = { digest: `sha256:${"4".repeat(64)}`, source: { instance: "gz", repository: "team0/app" } };
      expect((await store.arrivals.holders(new1, [])).map(({ instance }) => instance)).toEqual(["fra", "sg"]);
      expect(await store.arrivals.holders({ ...new1, source: { instance: "bj", repository: "team0/app" } }, [])).toEqual([]);
    });

    it("finds instances near by among many who have it, however many tags each has", async () => {
      await using store = await openStore();
      await withExecution(store);
      const { digest, source } = task("1");
      const names = Array.from({ length: 40 }, (_, index) => `i${String(index).padStart(2, "0")}`);
      const tags = Array.from({ length: 5 }, (_, index) => `v${index}`);
      await brought(
        store,
        names.flatMap((instance) => tags.map((tag) => ({ source, target: { instance, repository: "app", tag }, digest }))),
      );
      const found = (await store.arrivals.holders({ digest, source }, ["i38", "i39", "none"])).map(({ instance }) => instance);
      expect(found.slice(0, 2)).toEqual(["i38", "i39"]);
      expect(new Set(found).size).toBe(found.length);
      expect(found.length).toBeGreaterThanOrEqual(16);
    });

    it("keeps the terms of a task", async () => {
      await using store = await openStore();
      await withExecution(store);
      const terms = { expected: `sha256:${"2".repeat(64)}`, platforms: ["linux/amd64"], refill: true } as const;
      await store.tasks.add([{ ...task("1"), ...terms }], at(0));
      expect(await store.tasks.get("1")).toMatchObject({ operation: "copy", ...terms, note: undefined });
      await done(store, undefined, { arrival: {}, note: "everything was copied" });
      expect(await store.tasks.get("1")).toMatchObject({ note: "everything was copied" });
    });
  });
}

/** Brings what is said, by tasks of the suite's execution. */
async function brought(store: Store, copies: readonly Pick<NewTask, "source" | "target" | "digest">[]): Promise<void> {
  await store.tasks.add(
    copies.map((copy, index) => ({ ...task("1"), ...copy, id: `b${index}` })),
    at(0),
  );
  const pairs = (await store.tasks.waitingWork(at(0))).map(({ executionId, source, target }) => ({
    executionId,
    source,
    target,
    placement: "near",
  }));
  const claim = { agent: "a", pairs, limit: copies.length, leaseMs: LEASE_MS, preferMs: 0, online: [] };
  for (const { id, epoch } of await store.tasks.lease(claim, at(0))) {
    await store.tasks.finish({ taskId: id, epoch }, { state: "succeeded", progress: progress(1000), blobs: [], arrival: {} }, at(1));
  }
}

/** Adds a task and ends with success whatever waits. */
async function done(store: Store, added: NewTask | undefined, more: object): Promise<void> {
  if (added !== undefined) await store.tasks.add([added], at(0));
  for (const { id, epoch } of await lease(store, "a", at(0))) {
    await store.tasks.finish({ taskId: id, epoch }, { state: "succeeded", progress: progress(1000), blobs: [], ...more }, at(1));
  }
}
