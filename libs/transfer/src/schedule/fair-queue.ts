import type { Job } from "./job.ts";
import { ShareQueue } from "./share-queue.ts";

/** What a turn costs a share at least, in bytes: a request takes its time even where it moves nothing. */
export const LEAST_COST_BYTES = 64 * 1024;

interface Share<J extends Job> {
  readonly jobs: ShareQueue<J>;
  /** Bytes that it was given so far, counted from where the others stood when it came. */
  served: number;
}

/**
 * Jobs of many shares, of which the one that was given fewest bytes comes next: a rule with ten thousand blobs takes no more of the path than a rule with ten, as
 * long as both have something to do. A newcomer begins where the others stand on average, so that it neither owes nor is owed for the time before.
 */
export class FairQueue<J extends Job> {
  readonly #shares = new Map<string, Share<J>>();
  #level = 0;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(job: J): void {
    const share = this.#shares.get(job.share) ?? { jobs: new ShareQueue<J>(), served: this.#level };
    if (share.jobs.size === 0) share.served = Math.max(share.served, this.#level);
    this.#shares.set(job.share, share);
    share.jobs.add(job);
    this.#size += 1;
  }

  /** False where it does not wait here. */
  remove(job: J): boolean {
    const removed = this.#shares.get(job.share)?.jobs.remove(job) ?? false;
    if (removed) this.#size -= 1;
    return removed;
  }

  /** Takes the next job out. */
  next(): J | undefined {
    const share = this.#leastServed();
    const job = share?.jobs.next();
    if (share === undefined || job === undefined) return undefined;
    const cost = Math.max(job.bytes, LEAST_COST_BYTES);
    this.#level = Math.max(this.#level, share.served) + cost / this.#busy();
    share.served += cost;
    this.#size -= 1;
    this.#forgetSettled();
    return job;
  }

  #leastServed(): Share<J> | undefined {
    let least: Share<J> | undefined;
    for (const share of this.#shares.values()) {
      if (share.jobs.size > 0 && (least === undefined || share.served < least.served)) least = share;
    }
    return least;
  }

  /** Shares that wait, the one whose turn it is among them. */
  #busy(): number {
    let busy = 0;
    for (const share of this.#shares.values()) if (share.jobs.size > 0) busy += 1;
    return Math.max(1, busy);
  }

  /** A share that has nothing left is remembered only while it is ahead of the others. */
  #forgetSettled(): void {
    for (const [name, share] of this.#shares) if (share.jobs.size === 0 && share.served <= this.#level) this.#shares.delete(name);
  }
}
