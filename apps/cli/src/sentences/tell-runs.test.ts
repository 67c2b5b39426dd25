import type { ExecutionState } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { RuleDocument } from "../documents/rule.ts";
import { runSentences } from "./tell-runs.ts";
import { roughly } from "./words.ts";

type Spec = RuleDocument["spec"];
type Status = RuleDocument["status"];

const NOW = new Date("2026-11-21T09:00:00Z");
const TASKS = { total: 3, succeeded: 3, failed: 0, skipped: 0, cancelled: 0, running: 0, retrying: 0 };

function last(state: ExecutionState, more: object = {}): Status["lastExecution"] {
  const times = { createdAt: "2026-11-21T08:50:00Z", ...(state === "copying" ? {} : { finishedAt: "2026-11-21T08:57:00Z" }) };
  const bytes = { copied: 12 * 1024 ** 2, mounted: 0, existing: 0, resumed: 0, wasted: 0 };
  const status = { state, tasks: TASKS, unchanged: 997, bytes, failures: [], ...more };
  return { id: "e", ...times, ...status } as unknown as Status["lastExecution"];
}

function told(spec: Partial<Spec>, status: { lastExecution?: Status["lastExecution"]; triggers?: Partial<Status["triggers"]> }): string[] {
  const rule = {
    spec: { source: { instance: "gz" }, targets: [{ instance: "sg" }], overwrite: "always", enabled: true, ...spec },
    status: { lastExecution: status.lastExecution ?? null, triggers: { nextRuns: [], missedRuns: 0, ...status.triggers } },
  } as unknown as RuleDocument;
  return runSentences(rule, NOW);
}

const schedule = { cron: "0 2 * * *", timeZone: "Asia/Shanghai", missed: "run" } as const;

describe("runSentences", () => {
  it("tell the last run and the next by the clock of the schedule", () => {
    const triggers = { nextRuns: ["2026-11-21T18:00:00.000Z", "2026-11-22T18:00:00.000Z"] };
    expect(told({ triggers: { events: false, schedule } }, { lastExecution: last("succeeded"), triggers })).toEqual([
      "Last run 3 min ago: 997 unchanged, 3 copied (12.0 MiB); next run in 9 h (2026-11-22 02:00 Asia/Shanghai).",
    ]);
  });

  it.each<[string, Parameters<typeof told>[1], string]>([
    ["nothing yet", {}, "Never ran."],
    [
      "a run under way",
      { lastExecution: last("copying", { tasks: { ...TASKS, total: 10 } }) },
      "A run is under way for 10 min (copying): 997 unchanged, 3 copied (12.0 MiB), 7 to go.",
    ],
    [
      "a run with nothing to do",
      { lastExecution: last("succeeded", { tasks: { ...TASKS, total: 0, succeeded: 0 } }) },
      "Last run 3 min ago: 997 unchanged, 0 copied.",
    ],
    [
      "a run that failed in part, with its first failure and without control characters",
      {
        lastExecution: last("partial", {
          tasks: { ...TASKS, total: 4, failed: 1 },
          failures: [{ code: "DENIED", message: "no \u001b[2Jpush" }],
        }),
      },
      "Last run 3 min ago, partly failed: 997 unchanged, 3 copied (12.0 MiB), 1 failed (DENIED: no [2Jpush).",
    ],
  ])("tell %s", (_what, status, sentence) => {
    expect(told({}, status)).toEqual([sentence.replace("no [2J", "no  [2J")]);
  });

  it("tell events, and what is looked at without any", () => {
    const triggers = { nextPollAt: "2026-11-21T14:59:30Z", lastEventAt: "2026-11-21T08:59:30Z", lastEvent: "team0/app:v1" };
    expect(told({ triggers: { events: true } }, { triggers })).toEqual([
      "Never ran; next run at the next push, else in 5 h (2026-11-21 14:59:30 UTC).",
      "Last event 30 s ago: team0/app:v1.",
    ]);
  });

  it("tell missed runs, and of a disabled rule no next one", () => {
    const triggers = { missedRuns: 2, lastMissedAt: "2026-11-18T09:00:00Z", nextPollAt: "2026-11-21T14:00:00Z" };
    expect(told({ enabled: false, triggers: { events: true } }, { triggers })).toEqual([
      "Never ran.",
      "2 scheduled runs of all time missed, the last 3 days ago.",
    ]);
  });
});

describe("roughly", () => {
  it.each([
    [0, "0 s"],
    [59_999, "59 s"],
    [60_000, "1 min"],
    [3_599_999, "59 min"],
    [36 * 3_600_000, "36 h"],
    [49 * 3_600_000, "2 days"],
  ])("%d ms is %s", (milliseconds, text) => {
    expect(roughly(milliseconds)).toBe(text);
  });
});
