import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ByteThrottle } from "./byte-throttle.ts";
import { MeteredBytes } from "./metered-bytes.ts";
import { settle, TestClock } from "./test-clock.ts";

interface Passage {
  readonly at: number;
  readonly bytes: number;
  readonly stream: number;
}

async function* chunks(sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

/** Reads the streams side by side through one throttle until all have ended. */
async function readAll(clock: TestClock, throttle: ByteThrottle, streams: readonly (readonly number[])[]): Promise<Passage[]> {
  const passages: Passage[] = [];
  let running = streams.length;
  streams.forEach(async (sizes, stream) => {
    for await (const { byteLength } of new MeteredBytes(chunks(sizes), throttle, undefined, {}))
      passages.push({ at: clock.now(), bytes: byteLength, stream });
    running -= 1;
  });
  for (let round = 0; running > 0 && round < 100; round++) await clock.advance(10_000);
  expect(running).toBe(0);
  return passages;
}

/** Over all windows from one passage to another: the most bytes that passed beyond rate × time. */
function mostBeyond(rate: number, passages: readonly Passage[]): number {
  let most = 0;
  for (const [index, first] of passages.entries()) {
    let bytes = 0;
    for (const last of passages.slice(index)) {
      bytes += last.bytes;
      most = Math.max(most, bytes - (rate * (last.at - first.at)) / 1000);
    }
  }
  return most;
}

const sum = (passages: readonly Passage[]): number => passages.reduce((total, { bytes }) => total + bytes, 0);

describe("ByteThrottle", () => {
  it("lets no more through than rate × time + a quarter of a second, over any window and any streams", async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(fc.array(sizes, { minLength: 1, maxLength: 4 }), fc.integer({ min: 2_000, max: 500_000 }), async (streams, rate) => {
        const clock = new TestClock();
        const passages = await readAll(clock, new ByteThrottle(rate, clock), streams);
        expect(sum(passages)).toBe(streams.flat().reduce((total, size) => total + size, 0));
        expect(mostBeyond(rate, passages)).toBeLessThanOrEqual(rate / 4 + 1);
        expect(clock.timers).toBe(0);
      }),
      { numRuns: 40 },
    );
  });

  it("uses the whole rate", async () => {
    const clock = new TestClock();
    const start = clock.now();
    const passages = await readAll(clock, new ByteThrottle(1_000_000, clock), [[5_000_000], [5_000_000]]);
    const seconds = ((passages.at(-1)?.at ?? 0) - start) / 1000;
    expect(seconds).toBeGreaterThan(9.7);
    expect(seconds).toBeLessThan(9.9);
  });

  it("gives streams equal shares, whatever the size of their chunks", async () => {
    const clock = new TestClock();
    const small = Array.from({ length: 256 }, () => 64 * 1024);
    const passages = await readAll(clock, new ByteThrottle(4 * 1024 * 1024, clock), [[16 * 1024 * 1024], small]);
    const half = passages.slice(0, passages.length / 2);
    const share = sum(half.filter(({ stream }) => stream === 0)) / sum(half);
    expect(share).toBeGreaterThan(0.48);
    expect(share).toBeLessThan(0.52);
  });

  it("serves in the order of arrival, so that a large piece is not overtaken for ever", async () => {
    const clock = new TestClock();
    const throttle = new ByteThrottle(1_000, clock);
    const signal = new AbortController().signal;
    expect(throttle.pass(250, signal)).toBeUndefined();
    const served: string[] = [];
    void throttle.pass(250, signal)?.then(() => served.push("large"));
    void throttle.pass(1, signal)?.then(() => served.push("small"));
    await clock.advance(249);
    expect(served).toEqual([]);
    await clock.advance(2);
    expect(served).toEqual(["large", "small"]);
    expect(throttle.waitedMs).toBe(501);
  });

  it("lets the next go when the first gives up, and leaves no timer behind", async () => {
    const clock = new TestClock();
    const throttle = new ByteThrottle(100, clock);
    const never = new AbortController().signal;
    expect(throttle.pass(25, never)).toBeUndefined();
    const first = new AbortController();
    const gaveUp = expect(throttle.pass(25, first.signal)).rejects.toThrow("enough");
    let passed = false;
    void throttle.pass(1, never)?.then(() => {
      passed = true;
    });
    first.abort(new Error("enough"));
    await gaveUp;
    await clock.advance(10);
    expect(passed).toBe(true);
    expect([throttle.waiting, clock.timers]).toEqual([0, 0]);
  });

  it("heeds a new rate at once, for those who wait too", async () => {
    const clock = new TestClock();
    const throttle = new ByteThrottle(100, clock);
    const signal = new AbortController().signal;
    expect(throttle.pass(25, signal)).toBeUndefined();
    let passed = 0;
    for (let waiter = 0; waiter < 3; waiter++) void throttle.pass(20, signal)?.then(() => (passed += 1));
    throttle.setRate(20);
    await clock.advance(1_000);
    expect(passed).toBe(1);
    throttle.setRate(undefined);
    await settle();
    expect(passed).toBe(3);
    expect(throttle.pieceBytes).toBe(Number.POSITIVE_INFINITY);
    expect(clock.timers).toBe(0);
  });
});
