import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { retryDelay } from "./back-off.ts";

const MINUTE = 60_000;

describe("retryDelay", () => {
  it("doubles from 2 s to 2 min, and from 15 s to 10 min for causes that take long", () => {
    const most = (code: "REGISTRY_FAILED" | "TOOMANYREQUESTS") => [1, 2, 3, 20].map((attempt) => retryDelay(code, attempt, 0, 1));
    expect(most("REGISTRY_FAILED")).toEqual([2000, 4000, 8000, 2 * MINUTE]);
    expect(most("TOOMANYREQUESTS")).toEqual([15_000, 30_000, MINUTE, 10 * MINUTE]);
  });

  it("spreads over the whole span, but never before the moment that the registry named", () => {
    const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(fc.nat(100), fc.nat(10 * MINUTE), random, (attempt, retryAfter, roll) => {
        const delay = retryDelay("CONNECTION_FAILED", attempt, retryAfter, roll);
        expect(delay).toBeGreaterThanOrEqual(retryAfter);
        expect(delay).toBeLessThanOrEqual(Math.max(retryAfter, 2 * MINUTE));
      }),
    );
    expect(retryDelay("CONNECTION_FAILED", 5, 0, 0)).toBe(0);
  });
});
