import { type EventType, parseResource, type Resource } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { FailedAttempt, OutgoingEvent } from "../delivery-store.ts";
import type { Store } from "../store.ts";
import { at, FAILURE, instance, lease, type OpenStore, progress, rule, task, withExecution } from "./samples.ts";

const HELLO = { name: "a", region: "here", border: undefined, networks: [], version: "1", slots: 1 };

function webhook(name: string, more: object = {}): Resource {
  const spec = { url: "https://hooks.test/", secret: "0123456789abcdef", ...more };
  const parsed = parseResource({ apiVersion: "transship/v1", kind: "Webhook", metadata: { name }, spec });
  if ("issues" in parsed) throw new Error(JSON.stringify(parsed.issues));
  return parsed.resource;
}

function event(id: string, type: EventType = "execution.failed", ruleName = "r"): OutgoingEvent {
  return { id, type, rule: type === "agent.lost" ? undefined : ruleName, body: `body of ${id}` };
}

/** An attempt at `ms` that failed and is followed by the next one a second later. */
function attempt(ms: number, more: Partial<FailedAttempt> = {}): FailedAttempt {
  return { failure: FAILURE, retryAt: at(ms + 1000), giveUpBefore: at(ms - 60_000), final: false, ...more };
}

async function dueAt(store: Store, ms: number) {
  return (await store.deliveries.due(at(ms))).map((delivery) => `${delivery.webhook.name}: ${delivery.body}`);
}

async function only(store: Store, ms: number) {
  const [delivery, ...more] = await store.deliveries.due(at(ms));
  if (delivery === undefined || more.length > 0) throw new Error("not exactly one is due");
  return delivery;
}

/** Events on their way out. */
export function deliveryConformance(openStore: OpenStore): void {
  describe("deliveries", () => {
    it("keeps an event for each webhook that wants it, and tells each in order", async () => {
      await using store = await openStore();
      const hooks = [webhook("all"), webhook("few", { events: ["agent.lost"] }), webhook("mine", { rules: ["r"] })];
      const off = webhook("off", { enabled: false });
      await store.topology.apply(
        [...hooks, off].map((apply) => ({ apply })),
        { now: at(0) },
      );
      expect(await store.deliveries.post(event("e1"), at(1))).toEqual(["all", "mine"]);
      expect(await store.deliveries.post(event("e2", "agent.lost"), at(2))).toEqual(["all", "few"]);
      expect(await store.deliveries.post(event("e3", "execution.succeeded", "other"), at(3))).toEqual(["all"]);
      expect(await dueAt(store, 4)).toEqual(["all: body of e1", "few: body of e2", "mine: body of e1"]);
      const [first] = await store.deliveries.due(at(4));
      if (first === undefined) throw new Error("nothing is due");
      await store.deliveries.delivered(first, at(5));
      expect(await dueAt(store, 6)).toEqual(["all: body of e2", "few: body of e2", "mine: body of e1"]);
      expect((await store.deliveries.states()).get("all")).toMatchObject({ waiting: 2, deliveredAt: at(5).toISOString(), givenUp: 0 });
    });

    it("holds a webhook back after a failure, until its time or a change of its document", async () => {
      await using store = await openStore();
      await store.topology.apply([{ apply: webhook("w") }], { now: at(0) });
      await store.deliveries.post(event("e1"), at(1));
      await store.deliveries.post(event("e2"), at(2));
      expect(await store.deliveries.nextDue(at(3))).toBeUndefined();
      expect(await store.deliveries.failed(await only(store, 3), attempt(3), at(3))).toBe(0);
      expect(await dueAt(store, 1002)).toEqual([]);
      expect(await store.deliveries.nextDue(at(4))).toEqual(at(1003));
      expect((await store.deliveries.states()).get("w")).toMatchObject({ waiting: 2, failedAt: at(3).toISOString(), failure: FAILURE });
      const again = await only(store, 1003);
      expect(again).toMatchObject({ body: "body of e1", failures: 1 });
      await store.deliveries.failed(again, attempt(1003), at(1003));
      await store.topology.apply([{ apply: webhook("w", { url: "https://elsewhere.test/" }) }], { now: at(1004) });
      expect(await only(store, 1005)).toMatchObject({
        body: "body of e1",
        failures: 0,
        webhook: { spec: { url: "https://elsewhere.test/" } },
      });
    });

    it("gives up what is too old, or will never be taken, and goes on with the next", async () => {
      await using store = await openStore();
      await store.topology.apply([{ apply: webhook("w") }], { now: at(0) });
      for (const [id, ms] of Object.entries({ e1: 1, e2: 2, e3: 70_000, e4: 70_001 })) await store.deliveries.post(event(id), at(ms));
      expect(await store.deliveries.failed(await only(store, 70_002), attempt(70_002), at(70_002))).toBe(2);
      const third = await only(store, 80_000);
      expect(third.body).toBe("body of e3");
      expect(await store.deliveries.failed(third, attempt(80_000, { final: true }), at(80_000))).toBe(1);
      expect(await only(store, 80_000)).toMatchObject({ body: "body of e4", failures: 0 });
      expect((await store.deliveries.states()).get("w")).toMatchObject({ waiting: 1, givenUp: 3 });
    });

    it("drops the oldest beyond a bound, and counts them", async () => {
      await using store = await openStore();
      await store.topology.apply([{ apply: webhook("w") }, { apply: webhook("x", { events: ["agent.lost"] }) }], { now: at(0) });
      for (const id of ["e1", "e2", "e3", "e4"]) await store.deliveries.post(event(id), at(1));
      expect(await store.deliveries.trim(4)).toEqual([]);
      expect(await store.deliveries.trim(2)).toEqual([{ webhook: "w", dropped: 2 }]);
      expect(await dueAt(store, 2)).toEqual(["w: body of e3"]);
      expect((await store.deliveries.states()).get("w")).toMatchObject({ waiting: 2, dropped: 2 });
    });

    it("waits while its webhook is disabled, and goes with it", async () => {
      await using store = await openStore();
      await store.topology.apply([{ apply: webhook("w") }], { now: at(0) });
      await store.deliveries.post(event("e1"), at(1));
      const delivery = await only(store, 1);
      await store.topology.apply([{ apply: webhook("w", { enabled: false }) }], { now: at(2) });
      expect(await dueAt(store, 3)).toEqual([]);
      await store.topology.apply([{ delete: { kind: "Webhook", name: "w" } }], { now: at(4) });
      await store.deliveries.delivered(delivery, at(5));
      expect(await store.deliveries.failed(delivery, attempt(5), at(5))).toBe(0);
      expect(await store.deliveries.states()).toEqual(new Map());
    });
  });

  describe("what is told in the transaction that makes it true", () => {
    it("the end of an execution, with its sums and failed tasks, and no step before", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await store.topology.apply([{ apply: webhook("w") }], { now: at(0) });
      await store.tasks.add([task("1"), task("2")], at(1));
      await lease(store, "a", at(2));
      await store.tasks.finish({ taskId: "1", epoch: 1 }, { state: "succeeded", progress: progress(1000) }, at(3));
      await store.tasks.finish({ taskId: "2", epoch: 1 }, { state: "failed", progress: progress(1), failure: FAILURE }, at(3));
      const tell = (ended: { state: string; tasks: { total: number } }, failed: readonly { id: string }[]): OutgoingEvent => ({
        ...event("e1", "execution.partial"),
        body: `${ended.state} of ${ended.tasks.total}: ${failed.map(({ id }) => id)}`,
      });
      await store.executions.advance("e1", "copying", at(4), undefined, tell);
      expect(await dueAt(store, 5)).toEqual([]);
      await store.executions.advance("e1", "partial", at(6), undefined, tell);
      await expect(store.executions.advance("e1", "partial", at(7), undefined, tell)).rejects.toMatchObject({ code: "CONFLICT" });
      expect((await store.deliveries.states()).get("w")).toMatchObject({ waiting: 1 });
      expect(await dueAt(store, 8)).toEqual(["w: partial of 2: 2"]);
    });

    it("the loss of an agent, once, and not of one that was drained or revoked", async () => {
      await using store = await openStore();
      await store.topology.apply([{ apply: instance("gz") }, { apply: instance("sg") }, { apply: rule("r") }, { apply: webhook("w") }], {
        now: at(0),
      });
      for (const name of ["gone", "drained", "revoked", "here"]) await store.agents.connected({ ...HELLO, name }, at(0));
      await store.agents.draining("drained", at(1));
      for (const name of ["gone", "drained", "revoked"]) await store.agents.disconnected(name, at(2));
      await store.agents.revoke("revoked", at(3));
      const lost = async (since: number) => {
        const agents = await store.agents.lost(at(since), at(since), ({ name }) => ({
          ...event(name, "agent.lost"),
          body: name,
        }));
        return agents.map(({ name }) => name).sort();
      };
      expect(await lost(2)).toEqual([]);
      expect(await lost(3)).toEqual(["gone"]);
      expect(await lost(4)).toEqual([]);
      expect(await dueAt(store, 5)).toEqual(["w: gone"]);
      await store.agents.connected({ ...HELLO, name: "gone" }, at(6));
      await store.agents.connected({ ...HELLO, name: "drained" }, at(6));
      await store.agents.reset(at(7));
      expect(await lost(8)).toEqual(["drained", "gone", "here"]);
    });
  });
}
