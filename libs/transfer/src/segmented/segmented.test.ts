import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Answers } from "./answers.ts";
import { Interruption } from "./interruption.ts";
import { firstLanes, LANES, nextLanes } from "./lane-count.ts";
import { Lanes } from "./lanes.ts";
import type { Runner } from "./runner.ts";
import { segmentBytes } from "./segment-bytes.ts";
import { SegmentQueue } from "./segment-queue.ts";
import { splitSegment } from "./split-segment.ts";
import { findStragglers, Suspects, usualRate } from "./watch-stragglers.ts";

describe("the queue of segments", () => {
  it("hands out every missing byte once, in order, whatever sizes are asked for", () => {
    const gaps = fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 })), { maxLength: 8 }).map((steps) => {
      let at = 0;
      return steps.map(([skip, length]) => {
        const start = at + skip;
        at = start + length;
        return { start, end: at };
      });
    });
    fc.assert(
      fc.property(gaps, fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1 }), (missing, sizes) => {
        const queue = new SegmentQueue(missing);
        const bytes: number[] = [];
        for (let turn = 0; queue.left > 0; turn++) {
          const segment = queue.next(sizes[turn % sizes.length] ?? 1);
          expect(segment).toBeDefined();
          for (let byte = segment?.start ?? 0; byte < (segment?.end ?? 0); byte++) bytes.push(byte);
        }
        expect(queue.next(1)).toBeUndefined();
        expect(bytes).toEqual(missing.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, index) => start + index)));
      }),
    );
  });
});

describe("the size of a segment", () => {
  const load = { left: 200e6, lanes: 32, rate: 25e6, rttMs: 100 };

  it("is worth many round trips of a lane, and no more than the tail is worth", () => {
    expect(segmentBytes(load)).toBe(Math.ceil((25e6 / 32) * 0.1 * 20));
    expect(segmentBytes({ ...load, rate: undefined })).toBe(1024 * 1024);
    expect(segmentBytes({ ...load, rate: 1e6 })).toBe(512 * 1024);
    expect(segmentBytes({ ...load, rate: 1e9 })).toBe(200e6 / 64);
    expect(segmentBytes({ ...load, left: 32e6 })).toBe(500_000);
    expect(segmentBytes({ ...load, left: 1 })).toBe(256 * 1024);
  });

  it("is large where there is one lane only", () => {
    expect(segmentBytes({ ...load, lanes: 1 })).toBe(64 * 1024 * 1024);
  });
});

describe("the number of ranges in flight", () => {
  /** Plays windows of a path whose throughput depends on the count, and returns the count that it settles on. */
  function settle(throughput: (lanes: number) => number, rttMs: number, windows = 30): number {
    let state = firstLanes(rttMs);
    for (let window = 0; window < windows; window++) state = nextLanes(state, throughput(state.lanes));
    return state.lanes;
  }

  it("climbs to the most where each connection gets little (cubic with loss)", () => {
    expect(settle((lanes) => lanes * 500_000, 100)).toBe(LANES.most);
    expect(settle((lanes) => lanes * 500_000, 10)).toBe(LANES.most);
  });

  it("goes back to what was best where more brings nothing (bbr), or less", () => {
    expect(settle((lanes) => Math.min(lanes * 12_000_000, 24_000_000), 20)).toBeLessThanOrEqual(8);
    expect(settle((lanes) => (lanes > 16 ? 10_000_000 : lanes * 1_500_000), 200, 80)).toBe(16);
    expect(settle((lanes) => Math.min(lanes * 2_000_000, 24_000_000), 100, 80)).toBe(16);
  });

  it("does not climb where answers wait in a queue: the line is full", () => {
    let state = firstLanes(100);
    for (let window = 0; window < 60; window++) state = nextLanes(state, 25_000_000, true);
    expect(state.lanes).toBeLessThan(32);
    const answers = new Answers(4);
    for (const wait of [900, 900, 900, 900, ...Array.from({ length: 7 }, () => 200)]) answers.note(wait);
    expect(answers.queue(100)).toBe(false);
    answers.note(200);
    expect([answers.queue(100), answers.queue(190)]).toEqual([true, false]);
    for (let answer = 0; answer < 40; answer++) answers.note(110);
    expect(answers.queue(100)).toBe(false);
  });

  it("learns anew when the path changes", () => {
    let state = firstLanes(100);
    for (let window = 0; window < 12; window++) state = nextLanes(state, 20_000_000);
    const settled = state.lanes;
    for (let window = 0; window < 15; window++) state = nextLanes(state, state.lanes * 100_000);
    expect(state.lanes).toBeGreaterThan(settled);
  });

  it("stays within its bounds whatever is measured", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0, max: 1e9, noNaN: true }), { maxLength: 60 }),
        fc.integer({ min: 0, max: 1000 }),
        (rates, rtt) => {
          let state = firstLanes(rtt);
          for (const rate of rates) {
            state = nextLanes(state, rate);
            expect(state.lanes).toBeGreaterThanOrEqual(LANES.least);
            expect(state.lanes).toBeLessThanOrEqual(LANES.most);
          }
        },
      ),
    );
  });

  it("lets in no more than that, and lets a waiter go that is aborted", async () => {
    const lanes = new Lanes(() => 0, { lanes: 2, phase: "settled", best: undefined, windows: 0, rates: [], halvedBefore: false });
    const signal = new AbortController().signal;
    await lanes.enter(signal);
    await lanes.enter(signal);
    const stop = new AbortController();
    const third = lanes.enter(stop.signal);
    stop.abort(new Error("stop"));
    await expect(third).rejects.toThrow("stop");
    const fourth = lanes.enter(signal);
    lanes.leave();
    await fourth;
    expect(lanes.busy).toBe(2);
  });
});

describe("slow requests", () => {
  const runner = (from: number, position: number, end: number, since: number): Runner => ({
    segment: { start: from, position, end },
    interruption: new Interruption(),
    since,
    from,
  });

  it("are told from their like", () => {
    const fast = [0, 1, 2, 3].map((index) => runner(index * 10e6, index * 10e6 + 4e6, (index + 1) * 10e6, 0));
    const slow = runner(50e6, 50e6 + 40_000, 60e6, 0);
    const usual = usualRate([...fast, slow], 2_000) ?? Number.NaN;
    expect(usual).toBe(2e6);
    expect(findStragglers([...fast, slow], usual, 2_000)).toEqual([slow]);
    expect(findStragglers([...fast, slow], usual, 900)).toEqual([]);
    expect(findStragglers([slow], usual, 2_000)).toEqual([slow]);
    expect(usualRate([slow, ...fast.slice(0, 1)], 2_000)).toBeUndefined();
  });

  it("are given up only when they stay slow, and when they are few", () => {
    const slow = [1, 2, 3].map((index) => runner(index * 10e6, index * 10e6 + 1_000, (index + 1) * 10e6, 0));
    const [one, another] = slow;
    if (one === undefined || another === undefined) throw new Error("there are three");
    const suspects = new Suspects();
    expect(suspects.among([one], 10)).toEqual([]);
    expect(suspects.among([one, another], 20)).toEqual([one]);
    expect(suspects.among([], 20)).toEqual([]);
    expect(suspects.among([one], 20)).toEqual([]);
    expect(suspects.among(slow, 16)).toEqual([]);
    expect(suspects.among(slow, 32)).toEqual(slow);
  });

  it("give half of what they have left to a free lane, and only when it is worth it", () => {
    const slow = runner(0, 1e6, 9e6, 0);
    const taken = splitSegment([slow, runner(20e6, 29.9e6, 30e6, 0)], 2_000, 100);
    expect(taken).toEqual({ start: 5e6, position: 5e6, end: 9e6 });
    expect(slow.segment.end).toBe(5e6);
    expect(splitSegment([runner(0, 8e6, 9e6, 0)], 2_000, 100)).toBeUndefined();
  });
});
