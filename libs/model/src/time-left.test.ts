import { expect, it } from "vitest";
import { timeLeftMs } from "./time-left.ts";

const tasks = { total: 4, succeeded: 1, failed: 0, skipped: 0, cancelled: 0, running: 1, retrying: 0 };

it("counts what is left of known tasks, and the mean for those that nobody began", () => {
  expect(timeLeftMs({ tasks, totalBytes: 1000, fetchedBytes: 700 }, 100)).toBe(13_000);
  expect(timeLeftMs({ tasks: { ...tasks, total: 2 }, totalBytes: 1000, fetchedBytes: 700 }, 100)).toBe(3_000);
});

it("is not known while nothing moves, before sizes are known, and never below zero", () => {
  expect(timeLeftMs({ tasks, totalBytes: 1000, fetchedBytes: 700 }, 0)).toBeUndefined();
  expect(timeLeftMs({ tasks, totalBytes: 0, fetchedBytes: 0 }, 100)).toBeUndefined();
  expect(timeLeftMs({ tasks: { ...tasks, total: 2 }, totalBytes: 700, fetchedBytes: 900 }, 100)).toBe(0);
});
