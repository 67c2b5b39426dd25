import { setImmediate, setTimeout } from "node:timers/promises";
import type { AttemptReport, Reported, TaskStore } from "@transship/store";

/** Reports of one transaction: nobody waits for it longer than some tens of milliseconds. */
const MOST = 200;

/** Time in which reports gather where they come one upon the other, in milliseconds. */
const PAUSE_MS = 5;

interface Waiting {
  readonly report: AttemptReport;
  readonly resolve: (reported: Reported) => void;
  readonly reject: (thrown: unknown) => void;
}

/**
 * Brings outcomes to the store: those that came while others were written go together in one transaction, since its end, which waits for the disk, costs as much for
 * one as for a hundred. Who reports alone waits for nobody.
 */
export class OutcomeWriter {
  readonly #tasks: Pick<TaskStore, "finishAll">;
  readonly #now: () => Date;
  #waiting: Waiting[] = [];
  #writing = false;

  constructor(tasks: Pick<TaskStore, "finishAll">, now: () => Date) {
    this.#tasks = tasks;
    this.#now = now;
  }

  /** Ends when the report is stored. Throws what the store throws. */
  write(report: AttemptReport): Promise<Reported> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ report, resolve, reject });
      if (!this.#writing) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#writing = true;
    for (let pauseMs = 0; this.#waiting.length > 0; pauseMs = PAUSE_MS) {
      // Reads what has arrived on other streams meanwhile.
      await (pauseMs === 0 ? setImmediate() : setTimeout(pauseMs));
      const batch = this.#waiting.splice(0, MOST);
      // One that cannot be stored must not keep the others from it.
      if (!(await this.#write(batch, batch.length > 1))) for (const one of batch) await this.#write([one], false);
    }
    this.#writing = false;
  }

  /** Whether they were stored; where not, those who wait are told, unless it is tried again. */
  async #write(batch: readonly Waiting[], again: boolean): Promise<boolean> {
    try {
      const reported = await this.#tasks.finishAll(
        batch.map(({ report }) => report),
        this.#now(),
      );
      for (const [index, { resolve }] of batch.entries()) resolve(reported[index] ?? { result: "stale" });
      return true;
    } catch (thrown) {
      if (!again) for (const { reject } of batch) reject(thrown);
      return !again;
    }
  }
}
