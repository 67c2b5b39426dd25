import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { coveredBytes, gaps, isPlausible, prefixEnd } from "./piece-map.ts";

const SIZE = 60;
const piece = fc
  .tuple(fc.nat(SIZE - 1), fc.integer({ min: 1, max: 20 }))
  .map(([start, length]) => ({ start, end: Math.min(start + length, SIZE) }));
const pieces = fc.array(piece, { maxLength: 12 });

/** The same facts, byte by byte. */
function bytesOf(ranges: readonly { start: number; end: number }[]): boolean[] {
  return Array.from({ length: SIZE }, (_, byte) => ranges.some(({ start, end }) => start <= byte && byte < end));
}

describe("pieces of a blob", () => {
  it("leave just the gaps that a look at every byte finds", () => {
    fc.assert(
      fc.property(pieces, (ranges) => {
        const covered = bytesOf(ranges);
        const missing = bytesOf(gaps(ranges, SIZE));
        expect(missing).toEqual(covered.map((there) => !there));
        expect(coveredBytes(ranges, SIZE)).toBe(covered.filter(Boolean).length);
        const firstHole = covered.indexOf(false);
        expect(prefixEnd(ranges)).toBe(firstHole < 0 ? SIZE : firstHole);
      }),
    );
  });

  it("have gaps in order that never touch", () => {
    fc.assert(
      fc.property(pieces, (ranges) => {
        const missing = gaps(ranges, SIZE);
        for (const [index, gap] of missing.entries()) {
          expect(gap.end).toBeGreaterThan(gap.start);
          const next = missing[index + 1];
          if (next !== undefined) expect(next.start).toBeGreaterThan(gap.end);
        }
      }),
    );
  });

  it("that cannot belong to the blob are told apart", () => {
    expect(isPlausible({ start: 0, end: SIZE, crc32: 0 }, SIZE)).toBe(true);
    for (const [start, end] of [
      [0, SIZE + 1],
      [-1, 5],
      [5, 5],
      [0.5, 3],
      [Number.NaN, 3],
    ] as const) {
      expect(isPlausible({ start, end, crc32: 0 }, SIZE)).toBe(false);
    }
  });
});
