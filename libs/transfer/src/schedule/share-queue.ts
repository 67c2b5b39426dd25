import type { Job } from "./job.ts";

/** Every so many turns go to the job that waits longest, so that a stream of larger ones cannot keep it waiting for ever. */
export const OLDEST_EVERY = 4;

/** What one share has waiting: the largest first, since what takes longest should not begin last; the oldest now and then. */
export class ShareQueue<J extends Job> {
  /** In the order of arrival. */
  readonly #waiting = new Set<J>();
  /** By size, the largest last; those of equal size with the oldest last. Jobs that are gone from `#waiting` are dropped when they come up. */
  #bySize: J[] = [];
  #turns = 0;

  get size(): number {
    return this.#waiting.size;
  }

  add(job: J): void {
    this.#waiting.add(job);
    this.#bySize.splice(firstNotBelow(this.#bySize, job.bytes), 0, job);
  }

  /** False where it does not wait here. */
  remove(job: J): boolean {
    const waited = this.#waiting.delete(job);
    if (this.#bySize.length > 2 * this.#waiting.size + 8) this.#bySize = this.#bySize.filter((one) => this.#waiting.has(one));
    return waited;
  }

  /** Takes the next job out. */
  next(): J | undefined {
    this.#turns += 1;
    const job = this.#turns % OLDEST_EVERY === 0 ? this.#oldest() : this.#largest();
    if (job !== undefined) this.remove(job);
    return job;
  }

  #oldest(): J | undefined {
    return this.#waiting.values().next().value;
  }

  #largest(): J | undefined {
    for (let job = this.#bySize.pop(); job !== undefined; job = this.#bySize.pop()) {
      if (this.#waiting.has(job)) return job;
    }
    return undefined;
  }
}

/** Where a job of so many bytes belongs: before all that are as large or larger. */
function firstNotBelow(jobs: readonly Job[], bytes: number): number {
  let low = 0;
  let high = jobs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((jobs[middle]?.bytes ?? 0) < bytes) low = middle + 1;
    else high = middle;
  }
  return low;
}
