import { Alarm, type Clock } from "./alarm.ts";
import { TokenBucket } from "./token-bucket.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Bytes that may pass at once after a pause, in seconds' worth. */
const BURST_SECONDS = 0.25;
/** What one stream takes at a time, in bytes: streams with large chunks get no larger share than others. */
const PIECE_BYTES = 64 * 1024;

/** A rate that many streams share piece by piece, each in turn. */
export class ByteThrottle {
  readonly #now: () => number;
  readonly #bucket: TokenBucket;
  readonly #line: WaitingLine<number, void>;
  readonly #alarm: Alarm;

  constructor(bytesPerSecond: number | undefined, clock: Clock) {
    this.#now = clock.now;
    this.#bucket = new TokenBucket(bytesPerSecond, BURST_SECONDS, clock.now());
    this.#alarm = new Alarm(clock, () => this.#serve());
    this.#line = new WaitingLine(clock.now, () => this.#serve());
  }

  setRate(bytesPerSecond: number | undefined): void {
    this.#bucket.setRate(bytesPerSecond, this.#now());
    this.#alarm.clear();
    this.#serve();
  }

  get waiting(): number {
    return this.#line.size;
  }

  get waitedMs(): number {
    return this.#line.waitedMs;
  }

  /** The most bytes to ask {@link pass} for; infinite where there is no limit. */
  get pieceBytes(): number {
    return this.#bucket.limited ? Math.max(1, Math.floor(Math.min(PIECE_BYTES, this.#bucket.burst))) : Number.POSITIVE_INFINITY;
  }

  /** Lets so many bytes pass: undefined when they may at once, else when they may. Rejects with the signal's reason. */
  pass(bytes: number, signal: AbortSignal): Promise<void> | undefined {
    if (this.#line.size === 0 && this.#bucket.delay(bytes, this.#now()) === 0) {
      this.#bucket.take(bytes);
      return undefined;
    }
    const turn = this.#line.wait(bytes, signal);
    this.#serve();
    return turn;
  }

  #serve(): void {
    for (let waiter = this.#line.first; waiter !== undefined; waiter = this.#line.first) {
      // A piece that was cut under a higher limit may be larger than the bucket is now.
      const bytes = Math.min(waiter.wish, this.#bucket.burst);
      const delay = this.#bucket.delay(bytes, this.#now());
      if (delay > 0) {
        this.#alarm.ringIn(delay);
        return;
      }
      this.#bucket.take(waiter.wish);
      waiter.give();
    }
    this.#alarm.clear();
  }
}
