import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { divideLimits, mostSharers } from "./divide-limits.ts";

describe("dividing limits", () => {
  it("gives the remainder to the first", () => {
    expect(divideLimits({ connections: 8, bytesPerSecond: 100 }, 3)).toEqual([
      { connections: 3, bytesPerSecond: 34 },
      { connections: 3, bytesPerSecond: 33 },
      { connections: 2, bytesPerSecond: 33 },
    ]);
    expect(divideLimits({ connections: 2 }, 3)).toEqual([{ connections: 1 }, { connections: 1 }]);
    expect(divideLimits({}, 2)).toEqual([{}, {}]);
    expect(divideLimits({ connections: 2 }, 0)).toEqual([]);
  });

  it("never gives more than there is, nor wastes any, nor gives anybody nothing", () => {
    const limit = fc.record(
      {
        bytesPerSecond: fc.integer({ min: 1, max: 10 ** 12 }),
        requestsPerSecond: fc.double({ min: 0.001, max: 10_000, noNaN: true }),
        connections: fc.integer({ min: 1, max: 65_535 }),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 500 }), (limits, sharers) => {
        const shares = divideLimits(limits, sharers);
        expect(shares.length).toBe(Math.min(sharers, mostSharers(limits)));
        for (const key of ["bytesPerSecond", "connections"] as const) {
          const parts = shares.map((share) => share[key]);
          if (limits[key] === undefined) expect(new Set(parts)).toEqual(new Set([undefined]));
          else {
            const numbers = parts as number[];
            expect(numbers.reduce((sum, part) => sum + part, 0)).toBe(limits[key]);
            expect(Math.min(...numbers)).toBeGreaterThanOrEqual(1);
            expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(1);
          }
        }
        if (limits.requestsPerSecond !== undefined) {
          const sum = shares.reduce((total, share) => total + (share.requestsPerSecond ?? Number.NaN), 0);
          expect(Math.abs(sum - limits.requestsPerSecond)).toBeLessThan(limits.requestsPerSecond * 1e-9);
        }
      }),
    );
  });
});
