import type { ExecutionDocument } from "../documents/execution.ts";
import { formatBytes, formatDuration } from "../quantities.ts";

/** What progress is shown of. */
export type Snapshot = ExecutionDocument["status"];

/** How fast it goes, in bytes per second; 0 = not known. */
export interface Pace {
  /** Bytes fetched from sources. */
  readonly fetching: number;
  /** What {@link movedBytes} grows by. */
  readonly moving: number;
}

/**
 * How far the bytes are: each counts half when it is fetched and half when it is at the target, since it crosses two lines. So neither a large layer that is still
 * coming looks like nothing, nor does one that has come but not gone on look like done.
 */
export function movedBytes({ fetchedBytes, doneBytes }: Pick<Snapshot, "fetchedBytes" | "doneBytes">): number {
  return (fetchedBytes + doneBytes) / 2;
}

/** One line that says how far an execution is. */
export function progressLine(label: string, now: Snapshot, pace: Pace): string {
  return `${label}: ${progressFacts(now, pace)}`;
}

/** The same without the label; begins with the state. */
export function progressFacts(now: Snapshot, pace: Pace): string {
  const { tasks } = now;
  const parts: string[] = [now.waiting ?? now.state];
  if (tasks.total > 0) parts.push(`${finishedTasks(now)}/${tasks.total} tasks${extras(now)}`);
  if (now.unchanged > 0) parts.push(`${now.unchanged} unchanged`);
  if (now.totalBytes > 0) parts.push(bytesText(now));
  if (pace.fetching > 0) parts.push(`${formatBytes(Math.round(pace.fetching))}/s`);
  // The control plane counts tasks whose sizes are not known yet; what is seen here does not.
  const eta = now.leftMs === undefined ? secondsLeft(now, pace) : now.leftMs / 1000;
  if (eta !== undefined) parts.push(`${formatDuration(eta * 1000)} left`);
  return parts.join(" · ");
}

/** A bar of `width` cells; empty where the total is not known. */
export function progressBar(now: Snapshot, width: number): string {
  if (now.totalBytes <= 0) return "";
  const share = Math.min(1, movedBytes(now) / now.totalBytes);
  const filled = Math.floor(share * width);
  const percent = Math.floor(share * 100);
  return `[${"#".repeat(filled)}${"-".repeat(width - filled)}] ${percent} %`;
}

/** How it ended, in one line. */
export function outcomeLine(label: string, end: Snapshot, ms: number | undefined): string {
  const { bytes, tasks } = end;
  const parts = [`${label}: ${end.state}${ms === undefined ? "" : ` in ${formatDuration(ms)}`}`];
  parts.push(`${tasks.succeeded} copied, ${end.unchanged} unchanged${extras(end)}`);
  const named = (["copied", "resumed", "existing", "mounted", "wasted"] as const).filter((key) => key === "copied" || bytes[key] > 0);
  parts.push(named.map((key) => `${formatBytes(bytes[key])} ${key}`).join(", "));
  return parts.join(" · ");
}

/** Lines for failures, most telling first; `shown` of them at most. */
export function failureLines(end: Snapshot, shown: number): string[] {
  const lines = end.failures.slice(0, shown).map((failure) => {
    const side = failure.side === null ? "" : ` (${failure.side})`;
    const tries = failure.attempts > 1 ? ` · tried ${failure.attempts} times` : "";
    const what = failure.artifact === null ? "" : `${failure.artifact}: `;
    return `${what}${failure.message}${side}${tries} · ${failure.hint} · ${failure.code}`;
  });
  const more = Math.max(end.tasks.failed, end.failures.length) - lines.length;
  return more > 0 ? [...lines, `… and ${more} more`] : lines;
}

function finishedTasks({ tasks }: Snapshot): number {
  return tasks.succeeded + tasks.failed + tasks.skipped + tasks.cancelled;
}

function extras({ tasks }: Snapshot): string {
  const named = (["failed", "skipped", "cancelled", "retrying"] as const).filter((key) => tasks[key] > 0);
  return named.map((key) => `, ${tasks[key]} ${key}`).join("");
}

/** What is at the target, and what was fetched where that is more. */
function bytesText({ doneBytes, fetchedBytes, totalBytes }: Snapshot): string {
  const done = `${formatBytes(doneBytes)} of ${formatBytes(totalBytes)}`;
  const [fetched, arrived] = [formatBytes(fetchedBytes), formatBytes(doneBytes)];
  return fetched === arrived ? done : `${done}, ${fetched} fetched`;
}

function secondsLeft(now: Snapshot, { moving }: Pace): number | undefined {
  const left = now.totalBytes - movedBytes(now);
  return moving > 0 && left > 0 ? left / moving : undefined;
}
