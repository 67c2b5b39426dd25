import type { wire } from "@transship/api";
import { WakeUp } from "../wake-up.ts";
import type { AgentSession } from "./agent-session.ts";
import { type ProgressMessage, type ReportDesk, takeProgress } from "./take-report.ts";

/** Time between two writes of a task's progress, in milliseconds. */
const PAUSE_MS = 500;
/** Tasks of one transaction: nobody waits for it longer than some milliseconds. */
const AT_ONCE = 100;

/**
 * Writes progress to the store now and then: each write reaches the disk, and a short task would otherwise cost several. Only the newest of each task counts, and
 * none once its outcome is there. What is lost with the process comes again with the next message.
 */
export class ProgressWriter {
  readonly #newest = new Map<string, ProgressMessage>();
  readonly #wakeUp = new WakeUp();

  add(session: AgentSession, message: wire.Progress): void {
    if (message.lease === undefined) return;
    this.#newest.set(message.lease.taskId, { session, message });
    this.#wakeUp.wake();
  }

  /** Forgets what was not written of a task, because its outcome says more. */
  drop(taskId: string): void {
    this.#newest.delete(taskId);
  }

  /** The loop that writes. Ends when `signal` aborts, with everything written. */
  async run(desk: ReportDesk, signal: AbortSignal): Promise<void> {
    const pause = new WakeUp();
    while (!signal.aborted) {
      await this.#wakeUp.sleep(undefined, signal);
      await pause.sleep(PAUSE_MS, signal);
      await this.#write(desk);
    }
  }

  async #write(desk: ReportDesk): Promise<void> {
    while (this.#newest.size > 0) {
      const some = [...this.#newest.entries().take(AT_ONCE)];
      for (const [taskId] of some) this.#newest.delete(taskId);
      try {
        await takeProgress(
          desk,
          some.map(([, progress]) => progress),
        );
      } catch (thrown) {
        // Progress is for those who watch; a store that fails shows elsewhere.
        desk.log.warn({ err: thrown, tasks: some.length }, "progress not written");
      }
    }
  }
}
