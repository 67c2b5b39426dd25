import type { ExecutionSummary } from "./execution.ts";

/**
 * Milliseconds until everything is fetched at a rate of bytes per second; undefined where nothing moves, or nothing is known yet. Tasks that no agent has begun have
 * no sizes: each counts as the mean of the others. Pure.
 */
export function timeLeftMs(
  execution: Pick<ExecutionSummary, "tasks" | "totalBytes" | "fetchedBytes">,
  bytesPerSecond: number,
): number | undefined {
  const { total, succeeded, failed, skipped, cancelled, running, retrying } = execution.tasks;
  const begun = succeeded + failed + skipped + cancelled + running + retrying;
  if (bytesPerSecond <= 0 || begun === 0 || execution.totalBytes === 0) return undefined;
  const unknown = (execution.totalBytes / begun) * (total - begun);
  const left = Math.max(0, execution.totalBytes - execution.fetchedBytes) + unknown;
  return Math.round((left / bytesPerSecond) * 1000);
}
