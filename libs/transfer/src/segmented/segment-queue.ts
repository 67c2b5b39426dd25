import type { ByteRange } from "@transship/oci";
import type { Segment } from "./segment.ts";

/** What is still to be fetched of a blob, handed out in order from its start, so that the prefix grows and feeds the upload. */
export class SegmentQueue {
  readonly #gaps: { start: number; end: number }[];

  constructor(gaps: readonly ByteRange[]) {
    this.#gaps = gaps.map((gap) => ({ ...gap }));
  }

  /** The next segment of about `bytes`; undefined where nothing is left. A rest that would be smaller than half a segment goes with it. */
  next(bytes: number): Segment | undefined {
    const gap = this.#gaps[0];
    if (gap === undefined) return undefined;
    const start = gap.start;
    const rest = gap.end - start - bytes;
    const end = rest < bytes / 2 ? gap.end : start + bytes;
    if (end === gap.end) this.#gaps.shift();
    else gap.start = end;
    return { start, position: start, end };
  }

  /** Bytes that nobody fetches yet. */
  get left(): number {
    return this.#gaps.reduce((sum, gap) => sum + gap.end - gap.start, 0);
  }
}
