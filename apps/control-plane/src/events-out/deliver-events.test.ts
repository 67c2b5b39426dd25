import { setTimeout as delay } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import { parseResource } from "@transship/model";
import { openSqliteStore, type Store } from "@transship/store";
import { pino } from "pino";
import { describe, expect, it } from "vitest";
import { until } from "../testing/test-control-plane.ts";
import { WakeUp } from "../wake-up.ts";
import { deliverEvents } from "./deliver-events.ts";
import type { Attempt, EventSender } from "./send-event.ts";

const HOUR = 3_600_000;
const FAR = new Date(Date.UTC(2099));
const ARRIVED: Attempt = { latencyMs: 1, error: undefined, final: false };
const FAILED: Attempt = { latencyMs: 1, error: new TransshipError("RECEIVER_FAILED", { what: "w", why: "500" }), final: false };

/** The loop on a store in memory, with a clock of its own and a sender that does what the test says. */
async function stage(webhooks: readonly string[], send: (webhook: string, body: string) => Attempt | Promise<Attempt>) {
  const store = await openSqliteStore({ memory: true });
  let now = Date.UTC(2026, 0, 1);
  const counted: string[] = [];
  const tidings = new WakeUp();
  const stopping = new AbortController();
  const metrics = { delivery: (webhook: string, result: string, count = 1) => void counted.push(`${webhook} ${result} ${count}`) };
  const sender = { send: async ({ name }: { name: string }, body: string) => send(name, body) } as unknown as EventSender;
  await apply(store, webhooks);
  const desk = { store, metrics, log: pino({ level: "silent" }), now: () => new Date(now), tidings };
  const stop = async () => {
    stopping.abort();
    await running;
  };
  let running: Promise<void> = Promise.resolve();
  return {
    store,
    counted,
    start: () => {
      running = deliverEvents(desk, sender, stopping.signal);
    },
    post: (body: string) => store.deliveries.post({ id: body, type: "execution.failed", rule: "r", body }, new Date(now)),
    later: (ms: number) => {
      now += ms;
      tidings.wake();
    },
    stop,
    [Symbol.asyncDispose]: async () => {
      await stop();
      await store[Symbol.asyncDispose]();
    },
  };
}

async function apply(store: Store, names: readonly string[]): Promise<void> {
  const changes = names.map((name) => {
    const spec = { url: "https://hooks.test/", secret: "0123456789abcdef" };
    const parsed = parseResource({ apiVersion: "transship/v1", kind: "Webhook", metadata: { name }, spec });
    if ("issues" in parsed) throw new Error(JSON.stringify(parsed.issues));
    return { apply: parsed.resource };
  });
  await store.topology.apply(changes, { now: new Date() });
}

describe("delivering events", () => {
  it("has one event of each webhook under way, in order, and few webhooks at a time", async () => {
    const names = Array.from({ length: 12 }, (_, index) => `w${String(index).padStart(2, "0")}`);
    const under = new Set<string>();
    const seen = new Map<string, string[]>();
    let most = 0;
    await using desk = await stage(names, async (webhook, body) => {
      expect(under.has(webhook)).toBe(false);
      under.add(webhook);
      most = Math.max(most, under.size);
      await delay(5);
      under.delete(webhook);
      seen.set(webhook, [...(seen.get(webhook) ?? []), body]);
      return ARRIVED;
    });
    for (const body of ["e1", "e2", "e3"]) await desk.post(body);
    desk.start();
    await until("all events", () => desk.counted.length === 36);
    expect([...seen.values()]).toEqual(names.map(() => ["e1", "e2", "e3"]));
    expect(most).toBe(8);
  });

  it("holds a webhook back after a failure, without a request for what waits behind it", async () => {
    const sent: string[] = [];
    let reply = FAILED;
    await using desk = await stage(["w", "x"], (webhook, body) => {
      sent.push(`${webhook} ${body}`);
      return webhook === "w" ? reply : ARRIVED;
    });
    for (const body of ["e1", "e2"]) await desk.post(body);
    desk.start();
    await until("the others", () => desk.counted.length === 3);
    expect(sent.sort()).toEqual(["w e1", "x e1", "x e2"]);
    for (const pause of [6_000, 11_000]) {
      desk.later(pause);
      const before = sent.length;
      await until("the next attempt", () => sent.length > before);
      await until("its record", async () => (await desk.store.deliveries.due(FAR))[0]?.failures === sent.length - 2);
    }
    reply = ARRIVED;
    desk.later(21_000);
    await until("the arrivals", async () => (await desk.store.deliveries.states()).get("w")?.waiting === 0);
    expect(sent.slice(3)).toEqual(["w e1", "w e1", "w e1", "w e2"]);
  });

  it("gives up after a day, and says how much", async () => {
    await using desk = await stage(["w"], () => FAILED);
    await desk.post("old");
    await desk.post("older than it looks");
    desk.later(24 * HOUR + 1);
    await desk.post("young");
    desk.start();
    await until("the end", () => desk.counted.length === 2);
    expect(desk.counted).toEqual(["w failed 1", "w given-up 2"]);
    expect((await desk.store.deliveries.states()).get("w")).toMatchObject({ waiting: 1, givenUp: 2 });
  });

  it("leaves what was under way at a stop for the next start", async () => {
    let sending = false;
    const never = new AbortController();
    await using desk = await stage(["w"], async () => {
      sending = true;
      await delay(50_000, undefined, { signal: never.signal });
      return ARRIVED;
    });
    await desk.post("e1");
    desk.start();
    await until("the request", () => sending);
    const stopped = desk.stop();
    never.abort();
    await stopped;
    expect((await desk.store.deliveries.states()).get("w")).toMatchObject({ waiting: 1, failedAt: undefined });
    expect(desk.counted).toEqual([]);
  });

  it("keeps ten thousand events for a webhook and drops the oldest", async () => {
    await using desk = await stage(["w"], () => FAILED);
    for (let at = 0; at < 10_003; at++) await desk.post(`e${at}`);
    desk.start();
    await until("the attempt", () => desk.counted.length === 2);
    expect(desk.counted).toEqual(["w dropped 3", "w failed 1"]);
    expect((await desk.store.deliveries.due(FAR))[0]?.body).toBe("e3");
    expect((await desk.store.deliveries.states()).get("w")).toMatchObject({ waiting: 10_000, dropped: 3 });
  }, 60_000);
});
