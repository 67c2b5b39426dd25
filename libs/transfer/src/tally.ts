import { type ByteCounts, NO_BYTES, type TaskProgress } from "@transship/model";
import type { CopyProgress } from "./copy-request.ts";

/** Progress is told at most this often, in milliseconds, except when the phase changes. */
const TELL_EVERY_MS = 250;

/** The numbers of one copy: what is known of its size, what is done, and how each byte came. */
export class Tally {
  #phase: CopyProgress["phase"] = "preparing";
  #totalBytes = 0;
  #doneBytes = 0;
  readonly #bytes: { -readonly [K in keyof ByteCounts]: number } = { ...NO_BYTES };
  #toldAt = 0;
  #ended = false;
  readonly #tell: ((progress: CopyProgress) => void) | undefined;

  constructor(tell: ((progress: CopyProgress) => void) | undefined) {
    this.#tell = tell;
  }

  /** A blob of `bytes` belongs to the artifact. */
  expect(bytes: number): void {
    this.#totalBytes += bytes;
    this.#report(false);
  }

  /** `bytes` came in the given way. */
  count(how: keyof ByteCounts, bytes: number): void {
    this.#bytes[how] += bytes;
    this.#report(false);
  }

  /** `bytes` more are at the target. */
  arrived(bytes: number): void {
    this.#doneBytes += bytes;
    this.#report(false);
  }

  enter(phase: CopyProgress["phase"]): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#report(true);
  }

  /** The numbers now. */
  snapshot(): TaskProgress {
    return { totalBytes: this.#totalBytes, doneBytes: this.#doneBytes, bytes: { ...this.#bytes } };
  }

  /** Tells the last numbers; nothing is told afterwards, even if a blob that was given up still counts. */
  end(): void {
    this.#report(true);
    this.#ended = true;
  }

  #report(now: boolean): void {
    if (this.#tell === undefined || this.#ended) return;
    const moment = performance.now();
    if (!now && moment - this.#toldAt < TELL_EVERY_MS) return;
    this.#toldAt = moment;
    this.#tell({ phase: this.#phase, ...this.snapshot() });
  }
}

/** The part of a blob that is at the target, as its upload goes on. An upload that starts again does not take anything back. */
export class Arrival {
  #highest = 0;
  readonly #tally: Tally;

  constructor(tally: Tally) {
    this.#tally = tally;
  }

  /** The target has the blob up to `offset`. */
  upTo(offset: number): void {
    if (offset <= this.#highest) return;
    this.#tally.arrived(offset - this.#highest);
    this.#highest = offset;
  }
}
