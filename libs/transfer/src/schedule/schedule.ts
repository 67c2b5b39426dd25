import { FairQueue } from "./fair-queue.ts";
import { isSmall, type Job } from "./job.ts";

/** How many jobs run at once. */
export interface SchedulePlaces {
  /** At most so many large ones. */
  readonly large: number;
  /** Kept for small ones beyond that; they may use places of large ones too that nobody else wants. */
  readonly small: number;
}

/**
 * What runs and what waits, as data: no clock and no promises. Two lanes, so that a config of a kilobyte never waits for layers of gigabytes; within each, shares
 * take turns by bytes, and of a share the largest job comes first. No place stays empty that a waiting job may take.
 */
export class Schedule<J extends Job> {
  readonly #places: SchedulePlaces;
  readonly #large = new FairQueue<J>();
  readonly #small = new FairQueue<J>();
  #runningLarge = 0;
  #runningSmall = 0;

  constructor(places: SchedulePlaces) {
    this.#places = places;
  }

  /** Jobs that wait. */
  get waiting(): number {
    return this.#large.size + this.#small.size;
  }

  /** Jobs that run. */
  get running(): number {
    return this.#runningLarge + this.#runningSmall;
  }

  add(job: J): void {
    this.#queueOf(job).add(job);
  }

  /** Takes a waiting job out; false where it runs already or was never there. */
  withdraw(job: J): boolean {
    return this.#queueOf(job).remove(job);
  }

  /** The job to start now, which takes a place; undefined where there is none or no place for it. */
  next(): J | undefined {
    if (this.running >= this.#places.large + this.#places.small) return undefined;
    if (this.#runningLarge < this.#places.large) {
      const job = this.#large.next();
      if (job !== undefined) {
        this.#runningLarge += 1;
        return job;
      }
    }
    const job = this.#small.next();
    if (job !== undefined) this.#runningSmall += 1;
    return job;
  }

  /** A job that was started is over and gives its place back. */
  ended(job: J): void {
    if (isSmall(job)) this.#runningSmall -= 1;
    else this.#runningLarge -= 1;
  }

  #queueOf(job: J): FairQueue<J> {
    return isSmall(job) ? this.#small : this.#large;
  }
}
