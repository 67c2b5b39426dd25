import { setTimeout as delay } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import { parseResource } from "@transship/model";
import { openSqliteStore } from "@transship/store";
import { pino } from "pino";
import { expect, it } from "vitest";
import type { Opened } from "../executions/executions.ts";
import { Metrics } from "../metrics.ts";
import { KnownTopology } from "../topology/known-topology.ts";
import { WakeUp } from "../wake-up.ts";
import { GateBoard } from "../work/gate-board.ts";
import { ReachBoard } from "../work/reach-board.ts";
import { runClock } from "./run-clock.ts";

it("starts what is due, says what was missed, and tries again what could not start", async () => {
  await using store = await openSqliteStore({ memory: true });
  const documents = [
    ...["gz", "sg"].map((name) => ({
      kind: "Instance",
      metadata: { name },
      spec: { region: "x", endpoints: [{ url: "https://x.test" }] },
    })),
    {
      kind: "Rule",
      metadata: { name: "r" },
      spec: { source: { instance: "gz" }, targets: [{ instance: "sg" }], triggers: { schedule: { cron: "0 2 * * *" } } },
    },
    { kind: "Webhook", metadata: { name: "w" }, spec: { url: "https://w.test", secret: "sixteen letters!" } },
  ];
  const changes = documents.map((document) => {
    const parsed = parseResource({ apiVersion: "transship/v1", ...document });
    if (!("resource" in parsed)) throw new Error(JSON.stringify(parsed));
    return { apply: parsed.resource };
  });
  await store.topology.apply(changes, { now: new Date("2026-01-01T00:00:00Z") });
  let now = new Date("2026-01-01T00:00:00Z");
  let broken = false;
  const started: string[] = [];
  const tidings = new WakeUp();
  const changed = new WakeUp();
  const stopping = new AbortController();
  const trigger = async (rule: string, why: string) => {
    if (broken) throw new TransshipError("DISK_FULL", { what: "opening", why: "of this test" });
    started.push(`${rule} ${why}`);
    return {} as Opened;
  };
  using topology = new KnownTopology(store.topology);
  const metrics = new Metrics({ store, topology, gates: new GateBoard(), reach: new ReachBoard(), version: "0" });
  const desk = { store, topology, executions: { trigger }, tidings, metrics, log: pino({ level: "silent" }), now: () => now };
  const clock = runClock(desk, changed, stopping.signal);
  const look = async (moment: string) => {
    now = new Date(moment);
    changed.wake();
    await delay(100);
  };

  await look("2026-01-01T00:00:00Z");
  await look("2026-01-01T02:00:00Z");
  await look("2026-01-01T02:00:01Z");
  expect(started).toEqual(["r schedule"]);
  broken = true;
  await look("2026-01-02T02:00:00Z");
  broken = false;
  await look("2026-01-04T12:00:00Z");
  await look("2026-01-04T12:00:01Z");
  expect(started).toEqual(["r schedule", "r missed"]);
  const told = await store.deliveries.due(now);
  expect(told.map(({ type }) => type)).toEqual(["schedule.missed"]);
  expect(JSON.parse(told[0]?.body ?? "")).toMatchObject({
    type: "dev.transship.schedule.missed",
    subject: "rules/r",
    time: "2026-01-04T12:00:00.000Z",
    data: { rule: "r", missed: 3, lastAt: "2026-01-04T02:00:00.000Z", started: true },
  });
  await store.deliveries.delivered(told[0] as (typeof told)[number], now);
  expect(await store.deliveries.due(now)).toEqual([]);
  stopping.abort();
  await clock;
});
