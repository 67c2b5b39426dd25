import type { Transitions } from "./state-machine.ts";

/**
 * The life of a task.
 * - `queued`: waits for an agent.
 * - `leased`: an agent has it and prepares.
 * - `copying`: bytes move.
 * - `verifying`: everything is at the target; the tag is moved and read back.
 * - `retrying`: failed for now; tried again at a known moment. Never shown as failed.
 * - `succeeded`, `failed`, `cancelled`, `skipped`: final.
 *
 * An agent that vanishes sends its tasks back to `queued`.
 */
export const TASK_TRANSITIONS = {
  queued: ["leased", "cancelled", "failed"],
  leased: ["copying", "verifying", "succeeded", "skipped", "retrying", "failed", "cancelled", "queued"],
  copying: ["verifying", "succeeded", "skipped", "retrying", "failed", "cancelled", "queued"],
  verifying: ["copying", "succeeded", "skipped", "retrying", "failed", "cancelled", "queued"],
  retrying: ["leased", "queued", "cancelled", "failed"],
  succeeded: [],
  failed: [],
  cancelled: [],
  skipped: [],
} as const satisfies Transitions<string>;

export type TaskState = keyof typeof TASK_TRANSITIONS;

/** States in which an agent holds a lease on the task. */
export const LEASED_STATES = ["leased", "copying", "verifying"] as const satisfies readonly TaskState[];

/** States in which the task waits for an agent. */
export const WAITING_STATES = ["queued", "retrying"] as const satisfies readonly TaskState[];
