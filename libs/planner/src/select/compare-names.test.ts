import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareNames } from "./compare-names.ts";

describe("compareNames", () => {
  it("counts digits by their value", () => {
    const sorted = ["v10", "v9", "v009", "v9a", "a10b2", "a10b10", "9", "v"].sort(compareNames);
    expect(sorted).toEqual(["9", "a10b2", "a10b10", "v", "v009", "v9", "v9a", "v10"]);
    expect(compareNames("v9", "v10")).toBeLessThan(0);
    expect(compareNames("build-99999999999999999999998", "build-99999999999999999999999")).toBeLessThan(0);
  });

  it("is an order: total, and equal only for equal names", () => {
    const name = fc.stringMatching(/^[a-b0-2.]{0,6}$/);
    fc.assert(
      fc.property(name, name, name, (a, b, c) => {
        expect(Math.sign(compareNames(a, b)) + Math.sign(compareNames(b, a))).toBe(0);
        expect(compareNames(a, b) === 0).toBe(a === b);
        if (compareNames(a, b) < 0 && compareNames(b, c) < 0) expect(compareNames(a, c)).toBeLessThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});
