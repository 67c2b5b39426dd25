import { type CheckpointPlace, openCheckpoint } from "@transship/checkpoint";
import { asTransshipError } from "@transship/errors";
import type { Failure } from "@transship/model";
import { type CopyEngine, createCopyEngine, type Journal } from "@transship/transfer";
import type { Logger } from "pino";
import { DEFAULT_SPOOL_BYTES } from "../agent-options.ts";
import { copyPair, type PairMeans } from "./copy-pair.ts";
import { type DirectExecution, type DirectProgress, DirectTally } from "./direct-execution.ts";
import type { DirectPair } from "./direct-pair.ts";
import { newExecutionId } from "./execution-id.ts";

/** Progress is told so often, in milliseconds. */
const TELL_EVERY_MS = 250;

/** Artifacts that are compared or copied at once by default. Comparing is two small requests; the engine itself decides how many blobs move at once. */
const DEFAULT_PARALLEL = 48;

/** What one process copies by: a checkpoint, a spool, an engine. */
export interface DirectMeans {
  readonly checkpoint: CheckpointPlace;
  /** Belongs to the checkpoint: the same one each time. */
  readonly spoolDirectory: string;
  /** Bytes that the spool may hold. Default 20 GiB. */
  readonly spoolLimitBytes?: number | undefined;
  readonly logger: Logger;
  /** Aborting it stops within a moment; executions are then `stopped` and a later call goes on. */
  readonly signal?: AbortSignal | undefined;
  /** Makes the engine in place of the real one. */
  readonly engine?: ((journal: Journal) => CopyEngine) | undefined;
  /** Waits between attempts in place of the clock. */
  readonly pause?: PairMeans["pause"];
}

/** One list of artifacts to copy. */
export interface DirectWork {
  /** Read as slots become free. Its failure makes the execution fail, since a list that broke is never a short one. */
  readonly pairs: Iterable<DirectPair> | AsyncIterable<DirectPair>;
  /** Artifacts that are compared or copied at once. Default 48. */
  readonly parallel?: number | undefined;
  /** What the execution calls itself; stands where a rule's name would. Default `copy`. */
  readonly rule?: string | undefined;
  readonly onProgress?: ((progress: DirectProgress) => void) | undefined;
}

/** Copies without a server: any number of lists, one after the other or side by side, by one engine, so that what they share is fetched once. */
export interface DirectCopier extends AsyncDisposable {
  /** What was mended at the start, for people. */
  readonly warnings: readonly string[];
  /** Copies a list. Failed copies are in the result, not thrown. */
  copy(work: DirectWork): Promise<DirectExecution>;
}

/** @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`, `DISK_FULL` where checkpoint or spool cannot be opened. */
export function openDirectCopier(means: DirectMeans): DirectCopier {
  const { logger, spoolDirectory, signal = new AbortController().signal } = means;
  const opened = new AsyncDisposableStack();
  const checkpoint = opened.use(openCheckpoint(means.checkpoint));
  for (const warning of checkpoint.warnings) logger.warn(warning);
  const { journal, warnings } = checkpoint;
  const spoolLimitBytes = means.spoolLimitBytes ?? DEFAULT_SPOOL_BYTES;
  const engine = opened.use(means.engine?.(journal) ?? createCopyEngine({ journal, spoolDirectory, spoolLimitBytes }));
  return {
    warnings,
    copy: (work) => copyList(work, { engine, logger, signal, pause: means.pause }, warnings),
    [Symbol.asyncDispose]: () => opened.disposeAsync(),
  };
}

/** One list with means of its own: {@link openDirectCopier} and its `copy`. */
export async function copyDirect(options: DirectMeans & DirectWork): Promise<DirectExecution> {
  await using copier = openDirectCopier(options);
  return await copier.copy(options);
}

/** Works through a list by the agent's engine, several artifacts at once, tried again by the same policy. */
async function copyList(work: DirectWork, means: Omit<PairMeans, "tally">, warnings: readonly string[]): Promise<DirectExecution> {
  const { onProgress } = work;
  const tally = new DirectTally(newExecutionId(Date.now()), work.rule ?? "copy");
  const timer = setInterval(() => onProgress?.(tally.summary("copying")), TELL_EVERY_MS);
  try {
    const failure = await copyAll(work.pairs, work.parallel ?? DEFAULT_PARALLEL, { ...means, tally });
    const state = means.signal.aborted ? "stopped" : failure !== undefined ? "failed" : tally.outcome();
    const execution = tally.summary(state, failure);
    onProgress?.(execution);
    return { execution, failedTasks: tally.failedTasks, warnings };
  } finally {
    clearInterval(timer);
  }
}

/** Works through the pairs; returns why they could not all be read. */
async function copyAll(pairs: DirectWork["pairs"], parallel: number, means: PairMeans): Promise<Failure | undefined> {
  const iterator = Symbol.asyncIterator in pairs ? pairs[Symbol.asyncIterator]() : pairs[Symbol.iterator]();
  let turn: Promise<unknown> = Promise.resolve();
  let failure: Failure | undefined;
  // One reader at a time: not every iterator can be asked twice at once.
  const take = (): Promise<DirectPair | undefined> => {
    const taken = turn.then(async () => {
      if (failure !== undefined || means.signal.aborted) return undefined;
      const next = await iterator.next();
      return next.done === true ? undefined : next.value;
    });
    turn = taken.catch((thrown: unknown) => {
      const { code, side, message, hint } = asTransshipError(thrown, "listing what to copy");
      failure ??= { code, side, message, hint };
    });
    return taken.catch(() => undefined);
  };
  const work = async (): Promise<void> => {
    for (let pair = await take(); pair !== undefined; pair = await take()) await copyPair(means.tally.begin(pair), means);
  };
  await Promise.all(Array.from({ length: Math.max(1, parallel) }, work));
  await turn;
  await iterator.return?.();
  return means.signal.aborted ? undefined : failure;
}
