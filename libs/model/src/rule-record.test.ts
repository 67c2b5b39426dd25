import { expect, it } from "vitest";
import { type EndedExecution, recordOf } from "./rule-record.ts";

const ended = (state: EndedExecution["state"], seconds: number): EndedExecution => ({
  state,
  startedAt: "2026-01-01T00:00:00.000Z",
  finishedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, seconds)).toISOString(),
});

it("counts successes and takes the median of an odd and an even number of durations", () => {
  const three = [ended("succeeded", 9), ended("failed", 1), ended("partial", 4)];
  expect(recordOf(three, "then")).toEqual({ executions: 3, succeeded: 1, medianMs: 4000, lastSuccessAt: "then" });
  expect(recordOf([...three, ended("succeeded", 5)], undefined)).toMatchObject({ executions: 4, succeeded: 2, medianMs: 4500 });
  expect(recordOf([], undefined)).toBeUndefined();
});
