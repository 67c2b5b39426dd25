import {
  type FirstHop,
  isFinal,
  NO_BLOBS,
  TASK_TRANSITIONS,
  type Task,
  type TaskPath,
  type TaskProgress,
  type TaskRelay,
  type TaskState,
} from "@transship/model";
import { blobSumsOf, blobsOf } from "../blobs-text.ts";
import type { Tx } from "../database.ts";
import { failureOf } from "../failure-text.ts";
import type { NewTaskRow, TaskNumbers, TaskRow } from "../tables.ts";
import type { NewTask } from "../task-store.ts";
import { platformsOf, platformsText } from "./platforms-text.ts";

/** States in which a task is unfinished. */
export const UNFINISHED_STATES = (Object.keys(TASK_TRANSITIONS) as TaskState[]).filter((state) => !isFinal(TASK_TRANSITIONS, state));

/** A task's row as lists read it: without the blob reports and their sums. */
export type ListedTaskRow = Omit<TaskRow, "blobs" | "blob_sums">;

/** The columns of a listed task. */
export const LISTED_COLUMNS = [
  ...(["seq", "id", "execution_id", "digest", "overwrite", "state", "epoch", "agent", "placement", "path", "leg", "attempts"] as const),
  ...(["source_instance", "source_repository", "source_tag", "target_instance", "target_repository", "target_tag"] as const),
  ...(["via_instance", "via_repository", "via_tag", "at_relay", "first_hop"] as const),
  ...(["total_bytes", "done_bytes", "fetched_bytes", "copied", "mounted", "existing", "resumed", "wasted"] as const),
  ...(["failure", "skip_reason", "operation", "expected", "platforms", "refill", "note", "home", "facing"] as const),
  ...(["lease_until", "ready_at", "next_attempt_at", "created_at", "started_at", "finished_at"] as const),
] satisfies readonly (keyof ListedTaskRow)[];

/** A stored task with its blob reports. */
export function wholeTaskOf(row: TaskRow): Task {
  return { ...taskOf(row), blobs: blobsOf(row.blobs), blobSums: blobSumsOf(row.blob_sums) };
}

/** A stored task, its blob reports left out. */
export function taskOf(row: ListedTaskRow): Task {
  return {
    id: row.id,
    executionId: row.execution_id,
    source: { instance: row.source_instance, repository: row.source_repository, tag: row.source_tag },
    target: { instance: row.target_instance, repository: row.target_repository, tag: row.target_tag },
    digest: row.digest,
    overwrite: row.overwrite,
    operation: row.operation,
    expected: row.expected ?? undefined,
    facing: row.facing ?? undefined,
    platforms: platformsOf(row.platforms),
    refill: row.refill !== 0,
    state: row.state,
    epoch: row.epoch,
    agent: row.agent ?? undefined,
    home: row.home ?? undefined,
    placement: row.placement ?? undefined,
    path: row.path === null ? undefined : (JSON.parse(row.path) as TaskPath),
    leg: row.leg,
    relay: relayOf(row),
    leaseUntil: row.lease_until ?? undefined,
    attempts: row.attempts,
    nextAttemptAt: row.next_attempt_at ?? undefined,
    progress: progressOf(row),
    blobs: [],
    blobSums: NO_BLOBS,
    failure: failureOf(row.failure),
    skipReason: row.skip_reason ?? undefined,
    note: row.note ?? undefined,
    createdAt: row.created_at,
    startedAt: row.started_at ?? undefined,
    finishedAt: row.finished_at ?? undefined,
  };
}

function relayOf(row: ListedTaskRow): TaskRelay | undefined {
  if (row.via_instance === null) return undefined;
  const place = { instance: row.via_instance, repository: row.via_repository ?? "", tag: row.via_tag ?? "" };
  return { place, there: row.at_relay !== 0, first: firstHopOf(row.first_hop) };
}

/** How the first hop went. */
export function firstHopOf(text: string | null): FirstHop | undefined {
  return text === null ? undefined : (JSON.parse(text) as FirstHop);
}

function progressOf(row: TaskNumbers): TaskProgress {
  const { copied, mounted, existing, resumed, wasted } = row;
  const bytes = { copied, mounted, existing, resumed, wasted };
  return { totalBytes: row.total_bytes, doneBytes: row.done_bytes, fetchedBytes: row.fetched_bytes, bytes };
}

function progressColumns(progress: TaskProgress): TaskNumbers {
  const { copied, mounted, existing, resumed, wasted } = progress.bytes;
  const { totalBytes, doneBytes, fetchedBytes } = progress;
  return { total_bytes: totalBytes, done_bytes: doneBytes, fetched_bytes: fetchedBytes, copied, mounted, existing, resumed, wasted };
}

/**
 * Progress as columns over what the row has. An attempt that has not read the manifests says nothing of sizes: those of the attempt before stay, and a task that
 * succeeds so, since its tag was equal after all, has everything at the target.
 */
export function laterProgressColumns(row: TaskNumbers, progress: TaskProgress, succeeded = false): TaskNumbers {
  const columns = progressColumns(progress);
  if (progress.totalBytes > 0) return columns;
  const { total_bytes, done_bytes, fetched_bytes } = row;
  return succeeded
    ? { ...columns, total_bytes, done_bytes: total_bytes, fetched_bytes: total_bytes }
    : { ...columns, total_bytes, done_bytes, fetched_bytes };
}

/** A task to be as the row that it begins with. */
export function newTaskRow(task: NewTask, now: string): NewTaskRow {
  return {
    id: task.id,
    execution_id: task.executionId,
    source_instance: task.source.instance,
    source_repository: task.source.repository,
    source_tag: task.source.tag,
    target_instance: task.target.instance,
    target_repository: task.target.repository,
    target_tag: task.target.tag,
    digest: task.digest,
    overwrite: task.overwrite,
    operation: task.operation ?? "copy",
    expected: task.expected ?? null,
    facing: task.facing ?? null,
    platforms: platformsText(task.platforms),
    refill: task.refill === true ? 1 : 0,
    via_instance: task.via?.instance ?? null,
    via_repository: task.via?.repository ?? null,
    via_tag: task.via?.tag ?? null,
    state: "queued",
    epoch: 0,
    attempts: 0,
    ready_at: now,
    created_at: now,
    total_bytes: 0,
    done_bytes: 0,
    fetched_bytes: 0,
    copied: 0,
    mounted: 0,
    existing: 0,
    resumed: 0,
    wasted: 0,
  };
}

/** The row of a task, or undefined. */
export function taskRow(tx: Tx, id: string): Promise<TaskRow | undefined> {
  return tx.selectFrom("tasks").selectAll().where("id", "=", id).executeTakeFirst();
}
