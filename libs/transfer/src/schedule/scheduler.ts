import type { Job } from "./job.ts";
import { Schedule, type SchedulePlaces } from "./schedule.ts";

interface Waiting extends Job {
  start(): void;
}

/** Runs the work of all copies of an engine, a few at once, in the order of its {@link Schedule}. */
export class Scheduler {
  readonly #schedule: Schedule<Waiting>;

  constructor(places: SchedulePlaces) {
    this.#schedule = new Schedule(places);
  }

  /** Does the work when its turn comes; ends as the work does. Rejects with the signal's reason where it is aborted before. */
  async run<T>(job: Job, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const turn = await this.#turn(job, signal);
    try {
      return await work();
    } finally {
      this.#schedule.ended(turn);
      this.#startWhatMay();
    }
  }

  #turn({ share, bytes }: Job, signal: AbortSignal): Promise<Waiting> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      const leave = () => {
        if (this.#schedule.withdraw(waiting)) reject(signal.reason);
      };
      const start = () => {
        signal.removeEventListener("abort", leave);
        resolve(waiting);
      };
      const waiting: Waiting = { share, bytes, start };
      signal.addEventListener("abort", leave, { once: true });
      this.#schedule.add(waiting);
      this.#startWhatMay();
    });
  }

  #startWhatMay(): void {
    for (let job = this.#schedule.next(); job !== undefined; job = this.#schedule.next()) job.start();
  }
}
