import { describe, expect, it } from "vitest";
import { type EdgeFacts, edgeStatus } from "./edge-status.ts";
import type { ExecutionSummary } from "./execution.ts";

const minute = (count: number) => new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();
const now = new Date(minute(60));
const facts: EdgeFacts = {
  enabled: true,
  since: minute(0),
  filledAt: minute(10),
  failingSince: undefined,
  unfinished: [],
  waitingEntries: 0,
};
const tasks = { total: 0, succeeded: 0, failed: 0, skipped: 0, cancelled: 0, running: 0, retrying: 0 };
const execution = (more: Partial<ExecutionSummary>): ExecutionSummary =>
  ({ scoped: true, createdAt: minute(58), tasks, ...more }) as ExecutionSummary;

describe("edgeStatus", () => {
  it.each<[string, Partial<EdgeFacts>, object]>([
    ["filled, and nothing to do", {}, { state: "in-step", lagMs: 0, backlog: 0 }],
    ["never filled, and nothing under way", { filledAt: undefined }, { state: "waiting", lagMs: 60 * 60_000, backlog: 0 }],
    [
      "its first copy under way",
      { filledAt: undefined, unfinished: [execution({ scoped: false, tasks: { ...tasks, total: 10, succeeded: 4, failed: 1 } })] },
      { state: "filling", lagMs: 60 * 60_000, backlog: 5 },
    ],
    [
      "pushes on their way",
      {
        unfinished: [execution({ tasks: { ...tasks, total: 3, succeeded: 1 } }), execution({ createdAt: minute(59), state: "queued" })],
        waitingEntries: 7,
      },
      { state: "behind", lagMs: 2 * 60_000, backlog: 9 },
    ],
    [
      "a look at everything that has found nothing",
      { unfinished: [execution({ scoped: false })] },
      { state: "in-step", lagMs: 0, backlog: 0 },
    ],
    ["something that failed", { failingSince: minute(30) }, { state: "failing", lagMs: 30 * 60_000, backlog: 0 }],
    ["a disabled replication", { enabled: false }, { state: "disabled", lagMs: 0, backlog: 0 }],
  ])("%s", (_what, more, expected) => {
    expect(edgeStatus({ ...facts, ...more }, now)).toEqual(expected);
  });
});
