import { setTimeout as delay } from "node:timers/promises";
import { logLevelFromMessage, logLineToMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { EXECUTION_TRANSITIONS, isFinal, type LogLine } from "@transship/model";
import type { LogFilter, Store } from "@transship/store";
import type { LogWriter } from "./log-writer.ts";

/** Lines that are read at once. */
const PAGE = 500;
const MOST_LAST = 10_000;
const LONGEST_SEARCH = 200;
/** The last line of an execution is written this many milliseconds after its state at most. */
const LAST_WORDS_MS = 250;
/** An execution that tells nothing is looked at so often, in milliseconds. */
const LOOK_EVERY_MS = 5_000;
/** Before the line at the head of a log that counts lines which made room. */
const BEGINNING = -1;

/**
 * The lines of an execution or task, in order and page by page, so that memory does not grow with them; with `follow` until the execution is final.
 * @throws TransshipError `NOT_FOUND`, `INVALID_ARGUMENT`.
 */
export async function* streamLogs(
  { store, logWriter }: { readonly store: Store; readonly logWriter: LogWriter },
  request: wire.StreamLogsRequest,
  signal: AbortSignal,
): AsyncGenerator<wire.LogLine> {
  const filter = await readFilter(store, request);
  using watcher = logWriter.watch(filter.executionId);
  let place = request.afterSequence > 0 ? request.afterSequence : BEGINNING;
  let only = request.last;
  for (;;) {
    // Before the lines are read: an execution that is final now tells nothing afterwards.
    const final = request.follow && (await isOver(store, filter.executionId));
    if (final) await delay(LAST_WORDS_MS, undefined, { signal });
    await logWriter.flush();
    const lines = only > 0 ? pageOf(await store.logs.last(filter, only)) : linesAfter(store, filter, place);
    only = 0;
    for await (const line of lines) {
      place = line.sequence;
      yield logLineToMessage(line);
    }
    if (!request.follow || final || signal.aborted) return;
    await watcher.next(AbortSignal.any([signal, AbortSignal.timeout(LOOK_EVERY_MS)]));
    signal.throwIfAborted();
  }
}

async function* pageOf(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  yield* lines;
}

async function* linesAfter(store: Store, filter: LogFilter, place: number): AsyncGenerator<LogLine> {
  let after = place;
  for (;;) {
    const lines = await store.logs.after(filter, after, PAGE);
    yield* lines;
    after = lines.at(-1)?.sequence ?? after;
    if (lines.length < PAGE) return;
  }
}

async function isOver(store: Store, executionId: string): Promise<boolean> {
  return isFinal(EXECUTION_TRANSITIONS, (await store.executions.get(executionId)).state);
}

async function readFilter(store: Store, request: wire.StreamLogsRequest): Promise<LogFilter> {
  const { taskId, search } = request;
  if (search.length > LONGEST_SEARCH) throw refused("the text to search for", `it has more than ${LONGEST_SEARCH} characters`);
  if (request.last < 0 || request.last > MOST_LAST)
    throw refused(`the last ${request.last} lines`, `at most ${MOST_LAST} can be asked for`);
  const task = taskId === "" ? undefined : await store.tasks.get(taskId);
  const executionId = request.executionId === "" ? (task?.executionId ?? "") : request.executionId;
  if (task !== undefined && task.executionId !== executionId)
    throw refused(`task ${taskId}`, `it belongs to execution ${task.executionId}`);
  await store.executions.get(executionId);
  return {
    executionId,
    taskId: task?.id,
    search: search === "" ? undefined : search,
    level: logLevelFromMessage(request.level),
  };
}

function refused(what: string, why: string): TransshipError {
  return new TransshipError("INVALID_ARGUMENT", { what, why });
}
