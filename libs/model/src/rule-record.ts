import type { ExecutionState } from "./execution-state.ts";

/** How an execution ended, and how long it took; moments are ISO 8601. */
export interface EndedExecution {
  readonly state: ExecutionState;
  readonly startedAt: string;
  readonly finishedAt: string;
}

/** How the last executions of a rule ended. */
export interface RuleRecord {
  readonly executions: number;
  readonly succeeded: number;
  /** Median of the durations, in milliseconds. */
  readonly medianMs: number;
  readonly lastSuccessAt: string | undefined;
}

/** The record of a rule from its last executions; undefined where none has ended. Pure. */
export function recordOf(ended: readonly EndedExecution[], lastSuccessAt: string | undefined): RuleRecord | undefined {
  if (ended.length === 0) return undefined;
  const durations = ended
    .map(({ startedAt, finishedAt }) => Math.max(0, Date.parse(finishedAt) - Date.parse(startedAt)))
    .sort((a, b) => a - b);
  const middle = (durations.length - 1) / 2;
  const medianMs = Math.round(((durations[Math.floor(middle)] ?? 0) + (durations[Math.ceil(middle)] ?? 0)) / 2);
  const succeeded = ended.filter(({ state }) => state === "succeeded").length;
  return { executions: ended.length, succeeded, medianMs, lastSuccessAt };
}
