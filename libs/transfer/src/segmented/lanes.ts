import { Answers } from "./answers.ts";
import { firstLanes, type LaneState, nextLanes } from "./lane-count.ts";
import { segmentBytes } from "./segment-bytes.ts";
import type { SegmentQueue } from "./segment-queue.ts";

/** Shortest and longest time over which throughput is judged, in milliseconds; between them, so many round trips. */
const WINDOW = { least: 300, most: 1_000, roundTrips: 4 } as const;

/**
 * The ranges in flight on one path, over all blobs that come along it: as many as bring throughput. Whoever enters takes a lane until leaving; the count adapts to
 * the bytes that are noted here.
 */
export class Lanes {
  readonly #rttMs: () => number;
  readonly #queues = new Set<SegmentQueue>();
  readonly #now: () => number;
  #state: LaneState;
  #busy = 0;
  #waiting: (() => void)[] = [];
  #windowStart: number;
  #windowBytes = 0;
  #alwaysBusy = false;
  #answers: Answers;

  /** `rttMs`: round trip time of the path in milliseconds. `state`: what was learned of the path before. */
  constructor(rttMs: () => number, state: LaneState = firstLanes(rttMs()), now: () => number = () => performance.now()) {
    this.#rttMs = rttMs;
    this.#state = state;
    // The first of each lane waits for a connection.
    this.#answers = new Answers(state.lanes);
    this.#now = now;
    this.#windowStart = now();
  }

  /** Round trip time of the path in milliseconds. */
  get rttMs(): number {
    return this.#rttMs();
  }

  get state(): LaneState {
    return this.#state;
  }

  /** Whether a lane is free now. */
  get free(): boolean {
    return this.#busy < this.#state.lanes;
  }

  /** Lanes that are taken. */
  get busy(): number {
    return this.#busy;
  }

  /** Takes a lane as soon as one is free. Throws the signal's reason. */
  async enter(signal: AbortSignal): Promise<void> {
    while (!this.free) {
      signal.throwIfAborted();
      await new Promise<void>((resolve) => {
        const resume = () => {
          signal.removeEventListener("abort", resume);
          resolve();
        };
        this.#waiting.push(resume);
        signal.addEventListener("abort", resume);
      });
    }
    signal.throwIfAborted();
    this.#busy += 1;
    if (!this.free) this.#startFullWindow();
  }

  /** A blob's queue that the lanes are to work off, until it is disposed of. */
  serve(queue: SegmentQueue): Disposable {
    this.#queues.add(queue);
    return { [Symbol.dispose]: () => void this.#queues.delete(queue) };
  }

  /** Bytes that the next segment should have, of whichever blob. */
  get segmentBytes(): number {
    let left = 0;
    for (const queue of this.#queues) left += queue.left;
    const { lanes, rates } = this.#state;
    return segmentBytes({ left, lanes, rate: rates.at(-1), rttMs: this.rttMs });
  }

  /** A range was answered so many milliseconds after it was asked for. */
  answered(milliseconds: number): void {
    this.#answers.note(milliseconds);
  }

  leave(): void {
    this.#busy -= 1;
    if (this.#waiting.length === 0) this.#alwaysBusy = false;
    this.#wake();
  }

  /** Bytes came along the path. */
  note(bytes: number): void {
    this.#windowBytes += bytes;
    const elapsed = this.#now() - this.#windowStart;
    if (elapsed < Math.min(Math.max(this.rttMs * WINDOW.roundTrips, WINDOW.least), WINDOW.most)) return;
    // A window in which lanes stood empty says nothing about how many are worth having.
    if (this.#alwaysBusy) this.#judge((this.#windowBytes * 1000) / elapsed);
    this.#restartWindow();
    this.#wake();
  }

  #judge(rate: number): void {
    const { lanes } = this.#state;
    this.#state = nextLanes(this.#state, rate, this.#answers.queue(this.rttMs));
    // Those that are new need a connection first, which is no sign of a queue.
    if (this.#state.lanes > lanes) this.#answers = new Answers(this.#state.lanes - lanes);
  }

  /** All lanes are taken from now on: only such windows are judged. */
  #startFullWindow(): void {
    if (this.#alwaysBusy) return;
    this.#restartWindow();
    this.#alwaysBusy = true;
  }

  #restartWindow(): void {
    this.#windowStart = this.#now();
    this.#windowBytes = 0;
    this.#alwaysBusy = !this.free;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const resume of waiting) resume();
  }
}
