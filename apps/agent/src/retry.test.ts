import { NO_BYTES } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { backoffMs } from "./backoff.ts";
import { retryDelayMs } from "./direct/retry-delay.ts";
import { FRUITLESS_ATTEMPTS, RetryBudget } from "./retry-budget.ts";

const moved = { ...NO_BYTES, copied: 10, wasted: 2 };
const wasted = { ...NO_BYTES, copied: 10, wasted: 10 };

describe("the retry budget", () => {
  const failed = { taskId: "t", attempt: 1, code: "CONNECTION_FAILED" as const, before: NO_BYTES, moved: NO_BYTES };

  it("ends after eight attempts that got nowhere", () => {
    const budget = new RetryBudget();
    const decisions = Array.from({ length: FRUITLESS_ATTEMPTS }, (_, index) =>
      budget.mayRetry({ ...failed, attempt: index + 1, moved: wasted }),
    );
    expect(decisions).toEqual([...Array.from({ length: FRUITLESS_ATTEMPTS - 1 }, () => true), false]);
  });

  it("begins anew with every attempt that moved something, but not for ever", () => {
    const budget = new RetryBudget();
    const decisions = Array.from({ length: 64 }, (_, index) =>
      budget.mayRetry({ ...failed, attempt: index + 1, moved: index % 7 === 6 ? moved : NO_BYTES }),
    );
    expect(decisions.indexOf(false)).toBe(63);
  });

  it("counts attempts of other agents, unless bytes say that they got somewhere", () => {
    expect(new RetryBudget().mayRetry({ ...failed, attempt: 8 })).toBe(false);
    expect(new RetryBudget().mayRetry({ ...failed, attempt: 8, before: moved })).toBe(true);
    expect(new RetryBudget().mayRetry({ ...failed, attempt: 8, moved })).toBe(true);
  });

  it("never tries again what cannot help", () => {
    expect(new RetryBudget().mayRetry({ ...failed, code: "DENIED", moved })).toBe(false);
  });
});

describe("back-off", () => {
  it("stays within its bounds, whatever the count", () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (failures, random) => {
        const ms = backoffMs(failures, { firstMs: 200, mostMs: 5_000 }, () => random);
        expect(ms).toBeGreaterThanOrEqual(0);
        expect(ms).toBeLessThanOrEqual(Math.min(5_000, 200 * 2 ** Math.min(failures, 30)));
      }),
    );
  });

  it("waits at least what the registry asked for, and longer for what needs time", () => {
    expect(retryDelayMs({ retry: "retry", retryAfterMs: 77_000 }, 1, () => 0.5)).toBe(77_000);
    expect(retryDelayMs({ retry: "retry", retryAfterMs: undefined }, 1, () => 0.5)).toBe(1_000);
    expect(retryDelayMs({ retry: "retry-later", retryAfterMs: undefined }, 1, () => 0)).toBe(15_000);
    expect(retryDelayMs({ retry: "retry-later", retryAfterMs: undefined }, 30, () => 0.999)).toBeLessThanOrEqual(600_000);
  });
});
