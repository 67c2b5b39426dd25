import type { TaskLeg } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { at, blob, FAILURE, LEASE_MS, type OpenStore, progress, task, withExecution } from "./samples.ts";

const place = { instance: "hub", repository: "relay/gz/team0/app", tag: "relay-sha256-0" };
const path = {
  source: { instance: "gz", url: "https://gz.test", network: "public" },
  target: { instance: "hub", url: "https://hub.test", network: "public" },
};

/** Tasks that go in two hops: which part of the way is next, and what the store makes of each. */
export function relayConformance(openStore: OpenStore): void {
  const claim = (store: Store, agent: string, leg: TaskLeg, ms: number) =>
    store.tasks.lease(
      {
        agent,
        pairs: [{ executionId: "e1", source: "gz", target: "sg", leg, via: "hub", placement: `${agent} is near`, path }],
        limit: 10,
        leaseMs: LEASE_MS,
        preferMs: 5_000,
        online: ["gz-1", "sg-1", "any"],
      },
      at(ms),
    );
  const arrived = { state: "succeeded", progress: progress(1000), blobs: [blob("a")], arrival: {} } as const;
  const opened = async () => {
    const store = await openStore();
    await withExecution(store);
    await store.tasks.add([{ ...task("1"), via: place }, task("2")], at(0));
    return store;
  };
  const ids = (tasks: readonly { readonly id: string }[]) => tasks.map(({ id }) => id);

  describe("relays", () => {
    it("hands a task out for its first hop, then at once for its second, and remembers who did the first", async () => {
      await using store = await opened();
      expect(await store.tasks.waitingWork(at(0))).toMatchObject([{ source: "gz", target: "sg", via: "hub" }]);
      expect(ids(await claim(store, "sg-1", "second", 0))).toEqual([]);
      const [first] = await claim(store, "gz-1", "first", 0);
      expect(first).toMatchObject({ id: "1", leg: "first", agent: "gz-1", path, relay: { place, there: false, first: undefined } });
      expect(await store.tasks.held()).toMatchObject([{ taskId: "1", source: "gz", target: "hub" }]);
      expect(await store.tasks.finish({ taskId: "1", epoch: 1 }, arrived, at(1))).toBe("applied");
      const hop = { agent: "gz-1", placement: "gz-1 is near", path, times: 1 };
      const between = { state: "queued", agent: undefined, attempts: 0, finishedAt: undefined, relay: { place, there: true, first: hop } };
      expect(await store.tasks.get("1")).toMatchObject({ ...between, progress: { bytes: { copied: 1000 } } });
      expect(await store.tasks.finish({ taskId: "1", epoch: 1 }, arrived, at(1))).toBe("duplicate");
      expect(await store.arrivals.in("sg", ["mirror/app"])).toEqual([]);
      expect((await store.executions.get("e1")).tasks).toMatchObject({ total: 2, succeeded: 0 });

      expect(ids(await claim(store, "gz-1", "first", 2))).toEqual([]);
      const [second] = await claim(store, "sg-1", "second", 2);
      expect(second).toMatchObject({ id: "1", leg: "second", agent: "sg-1", attempts: 1, epoch: 2 });
      expect(await store.tasks.held()).toMatchObject([{ source: "hub", target: "sg" }]);
      await store.tasks.finish({ taskId: "1", epoch: 2 }, { ...arrived, progress: progress(2000) }, at(3));
      const bytes = { copied: 2000 };
      expect(await store.tasks.get("1")).toMatchObject({ state: "succeeded", agent: "sg-1", progress: { bytes }, relay: { first: hop } });
      expect(await store.arrivals.in("sg", ["mirror/app"])).toMatchObject([{ target: { tag: "v1" } }]);
      expect((await store.executions.get("e1")).bytes.copied).toBe(2000);
    });

    it("gives whoever goes the whole way any task, wherever it is", async () => {
      await using store = await opened();
      await claim(store, "gz-1", "first", 0);
      await store.tasks.finish({ taskId: "1", epoch: 1 }, arrived, at(1));
      expect((await claim(store, "any", "whole", 2)).map(({ id, leg }) => `${id} ${leg}`)).toEqual(["1 whole", "2 whole"]);
      await store.tasks.finish({ taskId: "1", epoch: 2 }, arrived, at(3));
      expect(await store.tasks.get("1")).toMatchObject({ state: "succeeded" });
    });

    it("sends a task back for its first hop where the relay lost it, and no more than twice", async () => {
      await using store = await opened();
      const lost = { ...FAILURE, code: "MANIFEST_UNKNOWN" } as const;
      let epoch = 0;
      for (const times of [1, 2, 3]) {
        await claim(store, "gz-1", "first", times * 10);
        await store.tasks.finish({ taskId: "1", epoch: ++epoch }, arrived, at(times * 10 + 1));
        expect(await claim(store, "sg-1", "second", times * 10 + 2)).toMatchObject([{ relay: { first: { times } } }]);
        await store.tasks.finish(
          { taskId: "1", epoch: ++epoch },
          { state: "failed", progress: progress(1000), failure: lost },
          at(times * 10 + 3),
        );
        const after = times < 3 ? { state: "queued", failure: undefined, relay: { there: false } } : { state: "failed", failure: lost };
        expect(await store.tasks.get("1")).toMatchObject(after);
      }
    });

    it("ends a task whose second hop fails otherwise, or whose first one does", async () => {
      await using store = await opened();
      await store.tasks.add([{ ...task("3"), via: place }], at(0));
      await claim(store, "gz-1", "first", 0);
      await store.tasks.finish({ taskId: "1", epoch: 1 }, arrived, at(1));
      await store.tasks.finish(
        { taskId: "3", epoch: 1 },
        { state: "failed", progress: progress(0), failure: { ...FAILURE, code: "DENIED" } },
        at(1),
      );
      await claim(store, "sg-1", "second", 2);
      const atTarget = { ...FAILURE, code: "MANIFEST_UNKNOWN", side: "target" } as const;
      await store.tasks.finish({ taskId: "1", epoch: 2 }, { state: "failed", progress: progress(0), failure: atTarget }, at(3));
      expect((await store.tasks.list({}, { limit: 10 })).map(({ id, state }) => `${id} ${state}`)).toEqual([
        "1 failed",
        "2 queued",
        "3 failed",
      ]);
    });

    it("keeps a hop to the agent that has its checkpoint, as any other attempt", async () => {
      await using store = await opened();
      await claim(store, "gz-1", "first", 0);
      await store.tasks.expire(at(LEASE_MS));
      expect(ids(await claim(store, "any", "first", LEASE_MS + 1))).toEqual([]);
      expect(ids(await claim(store, "gz-1", "first", LEASE_MS + 1))).toEqual(["1"]);
    });

    it("finds deletions for who goes to the target alone", async () => {
      await using store = await opened();
      await store.tasks.add([{ ...task("3"), operation: "delete" }], at(0));
      expect((await claim(store, "sg-1", "target", 0)).map(({ id, leg, operation }) => `${id} ${leg} ${operation}`)).toEqual([
        "3 target delete",
      ]);
      expect(await store.tasks.held()).toMatchObject([{ source: "sg", target: "sg" }]);
    });
  });
}
