import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deliveryDelay } from "./delivery-delay.ts";

describe("deliveryDelay", () => {
  it("doubles from 5 s to an hour", () => {
    expect([1, 2, 3, 10, 11, 500].map((failures) => deliveryDelay(failures, 0, 1))).toEqual([
      5_000, 10_000, 20_000, 2_560_000, 3_600_000, 3_600_000,
    ]);
    expect(deliveryDelay(1, 0, 0)).toBe(2_500);
  });

  it("is never shorter than half of that or than what the receiver asked for, and never longer than an hour", () => {
    const share = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e6 }), fc.integer({ min: 0, max: 1e9 }), share, (failures, asked, random) => {
        const delay = deliveryDelay(failures, asked, random);
        expect(delay).toBeGreaterThanOrEqual(Math.max(2_500, Math.min(asked, 3_600_000)));
        expect(delay).toBeLessThanOrEqual(3_600_000);
      }),
    );
  });
});
