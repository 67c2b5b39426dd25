import { setTimeout as sleep } from "node:timers/promises";
import { asTransshipError, type TransshipError } from "@transship/errors";
import { addBlobSums, addBytes, NO_BYTES, sumBlobs } from "@transship/model";
import type { CopyEngine, CopyRequest, CopyResult } from "@transship/transfer";
import type { Logger } from "pino";
import { RetryBudget } from "../retry-budget.ts";
import type { DirectTally, DirectTask } from "./direct-execution.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** Attempts while nothing at all has gone well: a registry that was never reached is more likely a wrong name than a short failure. */
const FIRST_CONTACT_ATTEMPTS = 2;

/** What a copy's end is to the tally. */
const ENDS = {
  copied: "succeeded",
  unchanged: "unchanged",
  kept: "skipped",
  foreign: "skipped",
  "other-platform": "skipped",
} as const satisfies Record<CopyResult["outcome"], string>;

/** What copying a pair needs. */
export interface PairMeans {
  readonly engine: CopyEngine;
  readonly tally: DirectTally;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Waits between attempts; rejects when the signal aborts. */
  readonly pause?: ((ms: number, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** Copies one pair, again where that can help, and writes the outcome into the tally. Never rejects. */
export async function copyPair(task: DirectTask, means: PairMeans): Promise<void> {
  const { tally, signal, logger } = means;
  const budget = new RetryBudget();
  const pause = means.pause ?? ((ms, until) => sleep(ms, undefined, { signal: until }));
  try {
    for (;;) {
      const error = await attempt(task, means);
      if (error === undefined) return;
      if (!mayRetry(task, error, budget, tally)) return tally.fail(task, error);
      const waitMs = retryDelayMs(error, task.attempts);
      logger.warn({ task: task.id, code: error.code, reason: error.message, waitMs }, "tried again soon");
      startOver(task);
      task.waits = true;
      await pause(waitMs, signal);
      task.waits = false;
    }
  } catch (thrown) {
    if (signal.aborted) return tally.end(task, "cancelled");
    tally.fail(task, asTransshipError(thrown, "copying"));
  }
}

/** One attempt: undefined where it ended well, else why it did not. Throws where it was stopped. */
async function attempt(task: DirectTask, means: PairMeans): Promise<TransshipError | undefined> {
  const { engine, tally, signal } = means;
  const { source, target, reference, digest, tag, overwrite, siblings } = task.pair;
  const request: CopyRequest = { source, target, reference, digest, tag, overwrite, siblings, rule: tally.rule };
  task.attempts += 1;
  try {
    signal.throwIfAborted();
    const result = await engine.copy(request, {
      signal,
      onProgress: (now) => {
        const { phase: _phase, ...progress } = now;
        task.progress = progress;
      },
      onEnd: ({ progress, blobs }) => {
        task.progress = progress;
        task.blobSums = addBlobSums(task.blobSums, sumBlobs(blobs));
      },
    });
    tally.end(task, ENDS[result.outcome]);
    return undefined;
  } catch (thrown) {
    signal.throwIfAborted();
    return asTransshipError(thrown, `copying ${source.name}:${reference}`);
  }
}

function mayRetry(task: DirectTask, error: TransshipError, budget: RetryBudget, tally: DirectTally): boolean {
  // Somebody watches: a full disk is theirs to see now, not in ten minutes.
  if (error.code === "DISK_FULL") return false;
  // An attempt that found nobody has opened the gate's circuit: the next one would wait for its probes, and say less of the cause.
  const unreachable = error.code === "CONNECTION_FAILED" || error.code === "PROXY_FAILED";
  if (!tally.gotSomewhere && (task.attempts >= FIRST_CONTACT_ATTEMPTS || unreachable)) return false;
  return budget.mayRetry({ taskId: task.id, attempt: task.attempts, code: error.code, before: task.before, moved: task.progress.bytes });
}

/** What this attempt moved is added up; the next one counts from zero. */
function startOver(task: DirectTask): void {
  task.before = addBytes(task.before, task.progress.bytes);
  task.progress = { ...task.progress, bytes: NO_BYTES };
}
