import { type CheckpointPlace, openCheckpoint } from "@transship/checkpoint";
import { asTransshipError } from "@transship/errors";
import type { Failure } from "@transship/model";
import { type CopyEngine, createCopyEngine, type Journal } from "@transship/transfer";
import type { Logger } from "pino";
import { DEFAULT_SLOTS, DEFAULT_SPOOL_BYTES } from "../agent-options.ts";
import { copyPair, type PairMeans } from "./copy-pair.ts";
import { type DirectExecution, type DirectProgress, DirectTally } from "./direct-execution.ts";
import type { DirectPair } from "./direct-pair.ts";
import { newExecutionId } from "./execution-id.ts";

/** Progress is told so often, in milliseconds. */
const TELL_EVERY_MS = 250;

/** What is copied without a server, and how. */
export interface DirectOptions {
  /** Read as slots become free. Its failure makes the execution fail, since a list that broke is never a short one. */
  readonly pairs: Iterable<DirectPair> | AsyncIterable<DirectPair>;
  readonly checkpoint: CheckpointPlace;
  /** Belongs to the checkpoint: the same one each time. */
  readonly spoolDirectory: string;
  /** Bytes that the spool may hold. Default 20 GiB. */
  readonly spoolLimitBytes?: number | undefined;
  /** Artifacts that are copied at once. Default 4. */
  readonly parallel?: number | undefined;
  /** What the execution calls itself; stands where a rule's name would. Default `copy`. */
  readonly rule?: string | undefined;
  readonly logger: Logger;
  /** Aborting it stops within a moment; the execution is then `stopped` and a later call goes on. */
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DirectProgress) => void) | undefined;
  /** Makes the engine in place of the real one. */
  readonly engine?: ((journal: Journal) => CopyEngine) | undefined;
  /** Waits between attempts in place of the clock. */
  readonly pause?: PairMeans["pause"];
}

/**
 * Copies pairs of repositories with the agent's engine, several at once, tried again by the same policy, resumable by the checkpoint. Failed copies are in the
 * result, not thrown. @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`, `DISK_FULL` where checkpoint or spool cannot be opened.
 */
export async function copyDirect(options: DirectOptions): Promise<DirectExecution> {
  const { logger, onProgress, spoolDirectory, signal = new AbortController().signal } = options;
  using checkpoint = openCheckpoint(options.checkpoint);
  for (const warning of checkpoint.warnings) logger.warn(warning);
  const { journal, warnings } = checkpoint;
  const spoolLimitBytes = options.spoolLimitBytes ?? DEFAULT_SPOOL_BYTES;
  await using engine = options.engine?.(journal) ?? createCopyEngine({ journal, spoolDirectory, spoolLimitBytes });

  const tally = new DirectTally(newExecutionId(Date.now()), options.rule ?? "copy");
  const timer = setInterval(() => onProgress?.(tally.summary("copying")), TELL_EVERY_MS);
  try {
    const means = { engine, tally, logger, signal, pause: options.pause };
    const failure = await copyAll(options.pairs, options.parallel ?? DEFAULT_SLOTS, means);
    const state = signal.aborted ? "stopped" : failure !== undefined ? "failed" : tally.outcome();
    const execution = tally.summary(state, failure);
    onProgress?.(execution);
    return { execution, failedTasks: tally.failedTasks, warnings };
  } finally {
    clearInterval(timer);
  }
}

/** Works through the pairs; returns why they could not all be read. */
async function copyAll(pairs: DirectOptions["pairs"], parallel: number, means: PairMeans): Promise<Failure | undefined> {
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
