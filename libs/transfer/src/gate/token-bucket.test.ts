import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.ts";

const steps = fc.array(fc.record({ passes: fc.integer({ min: 0, max: 2_000 }), cost: fc.integer({ min: 1, max: 300 }) }), {
  minLength: 1,
  maxLength: 60,
});

describe("TokenBucket", () => {
  it("gives no more than rate × time + burst over any window", () => {
    fc.assert(
      fc.property(steps, fc.integer({ min: 1, max: 5_000 }), fc.constantFrom(0.25, 1), (moves, rate, burstSeconds) => {
        const bucket = new TokenBucket(rate, burstSeconds, 0);
        const taken: { at: number; cost: number }[] = [];
        let now = 0;
        for (const move of moves) {
          now += move.passes;
          const cost = Math.min(move.cost, bucket.burst);
          now += bucket.delay(cost, now);
          // What the delay promised holds, apart from rounding.
          expect(bucket.delay(cost, now)).toBeLessThan(1e-6);
          bucket.take(cost);
          taken.push({ at: now, cost });
        }
        for (let from = 0; from < taken.length; from++) {
          let sum = 0;
          for (let to = from; to < taken.length; to++) {
            sum += taken[to]?.cost ?? 0;
            const seconds = ((taken[to]?.at ?? 0) - (taken[from]?.at ?? 0)) / 1000;
            expect(sum).toBeLessThanOrEqual(rate * seconds + bucket.burst + 1e-6);
          }
        }
      }),
    );
  });

  it("lets one token pass at rates below one a second", () => {
    const bucket = new TokenBucket(0.5, 1, 0);
    expect(bucket.delay(1, 0)).toBe(0);
    bucket.take(1);
    expect(bucket.delay(1, 0)).toBe(2_000);
  });

  it("never waits without a rate, and starts full when one is set", () => {
    const bucket = new TokenBucket(undefined, 1, 0);
    bucket.take(1e9);
    expect(bucket.delay(1e9, 0)).toBe(0);
    bucket.setRate(10, 0);
    expect(bucket.delay(10, 0)).toBe(0);
    bucket.take(10);
    expect(bucket.delay(1, 0)).toBe(100);
  });

  it("keeps no more than the new burst when the rate falls, and takes a refund", () => {
    const bucket = new TokenBucket(100, 1, 0);
    bucket.setRate(2, 0);
    bucket.take(2);
    expect(bucket.delay(1, 0)).toBe(500);
    bucket.refund(1);
    expect(bucket.delay(1, 0)).toBe(0);
  });

  it("is not harmed by a clock that goes backwards", () => {
    const bucket = new TokenBucket(1, 1, 1_000);
    bucket.take(1);
    expect(bucket.delay(1, 0)).toBe(1_000);
    expect(bucket.delay(1, 1_000)).toBe(0);
  });
});
