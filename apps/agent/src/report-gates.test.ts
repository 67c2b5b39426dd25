import { setTimeout as sleep } from "node:timers/promises";
import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { GateState } from "@transship/transfer";
import { describe, expect, it } from "vitest";
import { GateReport } from "./report-gates.ts";
import type { AgentSays, WorkStream } from "./work-stream.ts";

const CLOSED: GateState = { circuit: "closed", since: 0, inFlight: 0, concurrency: 64, waiting: 0, throttledMs: 0 };

function stage() {
  const states = new Map<string, GateState>([["gz", CLOSED]]);
  const said: wire.Gate[][] = [];
  const stream = {
    isFull: false,
    send: (message: AgentSays) => {
      if (message.$case === "gates") said.push(message.value.gates);
      return true;
    },
  };
  const registries = { gates: () => [...states].map(([instance, state]) => ({ instance, url: `https://${instance}`, state })) };
  const report = new GateReport(stream as unknown as WorkStream, registries, 5);
  const now = () => performance.timeOrigin + performance.now();
  return { states, said, stream, report, now };
}

async function look(): Promise<void> {
  await sleep(40);
}

describe("the report of gates", () => {
  it("tells all at first, then what turns, in durations; numbers that only move wait", async () => {
    const { states, said, report, now } = stage();
    using _report = report;
    expect(said).toMatchObject([[{ instance: "gz", url: "https://gz", circuit: 1, concurrency: 64 }]]);
    states.set("gz", { ...CLOSED, inFlight: 5, waiting: 9 });
    await look();
    expect(said).toHaveLength(1);
    const error = new TransshipError("CONNECTION_FAILED", { what: "reading", why: "refused" });
    states.set("gz", { ...CLOSED, circuit: "open", since: now(), probeAt: now() + 9_000, waiting: 2, lastFailure: { error, at: now() } });
    states.set("sg", CLOSED);
    await look();
    expect(said).toHaveLength(2);
    expect(said[1]?.map(({ instance }) => instance)).toEqual(["gz", "sg"]);
    const [open] = said[1] ?? [];
    expect(open).toMatchObject({ circuit: 2, waiting: 2, pausedForMs: 0, lastFailure: { code: "CONNECTION_FAILED" } });
    expect(open?.probeInMs).toBeGreaterThan(8_000);
    expect(open?.probeInMs).toBeLessThanOrEqual(9_000);
    states.set("gz", { ...CLOSED, since: now() });
    await look();
    expect(said[2]).toMatchObject([{ instance: "gz", circuit: 1 }]);
  });

  it("waits while the stream is full, and then tells what is so then", async () => {
    const { states, said, report, stream, now } = stage();
    using _report = report;
    stream.isFull = true;
    states.set("gz", { ...CLOSED, closedUntil: now() + 1 });
    await look();
    states.set("gz", { ...CLOSED, closedUntil: now() + 60_000 });
    await look();
    expect(said).toHaveLength(1);
    stream.isFull = false;
    await look();
    expect(said).toHaveLength(2);
    expect(said[1]?.[0]?.pausedForMs).toBeGreaterThan(50_000);
  });
});
