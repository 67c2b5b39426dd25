import { progressToMessage, taskStateToMessage } from "@transship/api";
import { NO_PROGRESS, type TaskState } from "@transship/model";
import type { CopyProgress } from "@transship/transfer";
import type { Assigned } from "./read-assignment.ts";
import { withEarlier } from "./task-outcome.ts";
import type { AgentSays } from "./work-stream.ts";

/** Progress of one task is sent at most this often, in milliseconds, and whenever the state changes. */
const EVERY_MS = 500;

const STATES = { preparing: "leased", copying: "copying", verifying: "verifying" } as const satisfies Record<
  CopyProgress["phase"],
  TaskState
>;

/** How far one task is, and when that was last sent. */
export class TaskProgressReport {
  readonly #assigned: Assigned;
  #latest: CopyProgress = { phase: "preparing", ...NO_PROGRESS };
  #sentState: TaskState = "leased";
  #sentAt = Number.NEGATIVE_INFINITY;

  constructor(assigned: Assigned) {
    this.#assigned = assigned;
  }

  /** Takes new numbers; returns the message where it is time to send one. `now`: milliseconds that never go back. */
  update(progress: CopyProgress, now: number): AgentSays | undefined {
    this.#latest = progress;
    const state = STATES[progress.phase];
    if (state === this.#sentState && now - this.#sentAt < EVERY_MS) return undefined;
    this.#sentState = state;
    this.#sentAt = now;
    return this.message();
  }

  /** The message of the latest numbers, for a control plane that has missed some. */
  message(): AgentSays {
    const progress = progressToMessage(withEarlier(this.#assigned, this.#latest));
    return {
      $case: "progress",
      value: { lease: { ...this.#assigned.key }, state: taskStateToMessage(STATES[this.#latest.phase]), progress },
    };
  }
}
