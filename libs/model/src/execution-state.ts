import type { Transitions } from "./state-machine.ts";

/**
 * The life of an execution.
 * - `queued`: another execution of the same rule runs.
 * - `inventory`: agents list both sides.
 * - `planning`: the lists are compared; tasks appear.
 * - `copying`: tasks run.
 * - `succeeded`: every task succeeded or needed nothing. `partial`: some failed. `failed`: all failed, or a listing did. `stopped`: by a person.
 */
export const EXECUTION_TRANSITIONS = {
  queued: ["inventory", "copying", "stopped", "failed"],
  inventory: ["planning", "failed", "stopped"],
  planning: ["copying", "failed", "stopped"],
  copying: ["succeeded", "partial", "failed", "stopped"],
  succeeded: [],
  partial: [],
  failed: [],
  stopped: [],
} as const satisfies Transitions<string>;

export type ExecutionState = keyof typeof EXECUTION_TRANSITIONS;
