/** Newest answers that are looked at, and how many of them tell something. */
const MOST = 32;
const ENOUGH = 8;
/** Answers that take so much longer than the round trip time waited in a queue on the way: a factor, and milliseconds that the registry may take for itself. */
const QUEUED = { factor: 1.4, milliseconds: 15 } as const;

/** How long ranges take to be answered: what exceeds the round trip time is spent in queues, and queues are there where the line is full. */
export class Answers {
  readonly #times: number[] = [];
  #skipped: number;

  /** `skipped`: so many of the next answers do not count. */
  constructor(skipped = 0) {
    this.#skipped = skipped;
  }

  /** A range was answered so many milliseconds after it was asked for. */
  note(milliseconds: number): void {
    if (this.#skipped-- > 0) return;
    this.#times.push(milliseconds);
    if (this.#times.length > MOST) this.#times.shift();
  }

  /** Whether answers wait in a queue, by their median; false as long as there are few. */
  queue(rttMs: number): boolean {
    const median = [...this.#times].sort((a, b) => a - b)[this.#times.length >> 1];
    return this.#times.length >= ENOUGH && median !== undefined && median > rttMs * QUEUED.factor + QUEUED.milliseconds;
  }
}
