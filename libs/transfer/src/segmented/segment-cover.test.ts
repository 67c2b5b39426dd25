import type { ByteRange } from "@transship/oci";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { gaps } from "../spool/piece-map.ts";
import { Interruption } from "./interruption.ts";
import type { Runner } from "./runner.ts";
import { SegmentQueue } from "./segment-queue.ts";
import { splitSegment } from "./split-segment.ts";
import { findStragglers, usualRate } from "./watch-stragglers.ts";

const KIB = 1024;
/** A round trip of the path, in milliseconds. */
const RTT_MS = 100;
const SIZE = 40 * KIB * KIB;

/** What may happen while a blob is fetched by ranges. `who` picks one of the requests under way. */
type Step =
  | { readonly kind: "take"; readonly bytes: number }
  | { readonly kind: "come"; readonly who: number; readonly bytes: number }
  | { readonly kind: "help" }
  | { readonly kind: "interrupt" }
  /** Everything under way fails; what came is kept, the rest is planned anew. */
  | { readonly kind: "break" }
  | { readonly kind: "wait"; readonly milliseconds: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("take" as const), bytes: fc.integer({ min: 1, max: 9_000 * KIB }) }) },
  {
    weight: 8,
    arbitrary: fc.record({ kind: fc.constant("come" as const), who: fc.nat(20), bytes: fc.integer({ min: 1, max: 3_000 * KIB }) }),
  },
  { weight: 4, arbitrary: fc.constant({ kind: "help" as const }) },
  { weight: 2, arbitrary: fc.constant({ kind: "interrupt" as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: "break" as const }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("wait" as const), milliseconds: fc.integer({ min: 1, max: 3_000 }) }) },
);

/** Ranges of a blob as `fill-segmented.ts` moves them about, without a network: who has taken what, and what has come. */
class Fetching {
  readonly came: ByteRange[] = [];
  readonly runners = new Set<Runner>();
  helped = 0;
  #queue: SegmentQueue;
  #now = 0;

  constructor(had: readonly ByteRange[]) {
    this.came.push(...had);
    this.#queue = new SegmentQueue(gaps(this.came, SIZE));
  }

  play(what: Step): void {
    if (what.kind === "take") this.#start(this.#queue.next(what.bytes));
    else if (what.kind === "come") this.#come([...this.runners][what.who % Math.max(this.runners.size, 1)], what.bytes);
    else if (what.kind === "help") this.#help();
    else if (what.kind === "interrupt") this.#interrupt();
    else if (what.kind === "wait") this.#now += what.milliseconds;
    else {
      this.runners.clear();
      this.#queue = new SegmentQueue(gaps(this.came, SIZE));
    }
  }

  /** Lets everything come that is still to come. */
  finish(): void {
    for (let turn = 0; turn < 10_000 && (this.#queue.left > 0 || this.runners.size > 0); turn++) {
      if (this.#queue.left > 0) this.play({ kind: "take", bytes: 1_000 * KIB });
      for (const runner of [...this.runners]) this.#come(runner, 8_000 * KIB);
    }
  }

  #start(segment: Runner["segment"] | undefined): void {
    if (segment === undefined) return;
    this.runners.add({ segment, interruption: new Interruption(), since: this.#now, from: segment.position });
  }

  #come(runner: Runner | undefined, bytes: number): void {
    if (runner === undefined) return;
    const { segment } = runner;
    const end = Math.min(segment.position + bytes, segment.end);
    if (end > segment.position) this.came.push({ start: segment.position, end });
    segment.position = end;
    if (segment.position >= segment.end) this.runners.delete(runner);
  }

  #help(): void {
    const taken = splitSegment(this.runners, this.#now, RTT_MS);
    if (taken !== undefined) this.helped += 1;
    this.#start(taken);
  }

  #interrupt(): void {
    const usual = usualRate([...this.runners], this.#now);
    if (usual === undefined) return;
    for (const straggler of findStragglers([...this.runners], usual, this.#now)) {
      straggler.since = this.#now;
      straggler.from = straggler.segment.position;
    }
  }
}

describe("the plan of segments", () => {
  it("covers each byte exactly once and ends, whatever comes, fails, is interrupted or shared out, in whatever order", () => {
    let helped = 0;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: SIZE >> 2 })), { maxLength: 4 }),
        fc.array(step, { maxLength: 120 }),
        (had, steps) => {
          const kept = disjoint(had.map(([start, length]) => ({ start, end: Math.min(start + length, SIZE) })));
          const fetching = new Fetching(kept);
          for (const each of steps) fetching.play(each);
          fetching.finish();
          helped += fetching.helped;
          expect(fetching.runners.size).toBe(0);
          expect(gaps(fetching.came, SIZE)).toEqual([]);
          // No gap, and as many bytes as the blob has: none came twice.
          expect(fetching.came.reduce((sum, { start, end }) => sum + end - start, 0)).toBe(SIZE);
        },
      ),
      { numRuns: process.env.TRANSSHIP_LONG === "1" ? 50_000 : 1_000 },
    );
    expect(helped).toBeGreaterThan(0);
  });
});

/** Ranges without the parts that earlier ones have. */
function disjoint(ranges: readonly ByteRange[]): ByteRange[] {
  const kept: ByteRange[] = [];
  for (const range of ranges)
    for (const gap of gaps(kept, SIZE)) {
      const start = Math.max(gap.start, range.start);
      const end = Math.min(gap.end, range.end);
      if (start < end) kept.push({ start, end });
    }
  return kept;
}
