import { CODES, type ErrorCode } from "@transship/errors";
import type { ByteCounts } from "@transship/model";

/** Attempts that got nowhere, after which a task is given up. */
export const FRUITLESS_ATTEMPTS = 8;
/** Attempts after which a task is given up even though each got somewhere: a target that loses what it is given would keep us busy for ever. */
const MOST_ATTEMPTS = 64;
/** Tasks whose count is remembered; the oldest go first. */
const MOST_TASKS = 10_000;

/** The engine fetched the bytes a second time already: the source itself has them wrong. */
const WRONG_BYTES: readonly ErrorCode[] = ["DIGEST_MISMATCH", "SIZE_MISMATCH"];

/** How one attempt of a task failed. */
export interface FailedAttempt {
  readonly taskId: string;
  /** From 1, over all agents. */
  readonly attempt: number;
  readonly code: ErrorCode;
  /** What earlier attempts moved. */
  readonly before: ByteCounts;
  /** What this attempt moved. */
  readonly moved: ByteCounts;
}

/** Decides whether a failed attempt is followed by another. Attempts that made progress do not count, however bad the link. */
export class RetryBudget {
  readonly #fruitless = new Map<string, number>();

  /** Whether the task is tried again; counts the attempt. */
  mayRetry(failed: FailedAttempt): boolean {
    const { taskId, attempt, code } = failed;
    if (CODES[code].retry === "never" || WRONG_BYTES.includes(code)) return this.#forget(taskId);
    // Another agent made the earlier attempts: assume that those got nowhere unless bytes say otherwise.
    const earlier = this.#fruitless.get(taskId) ?? (madeProgress(failed.before) ? 0 : attempt - 1);
    const fruitless = madeProgress(failed.moved) ? 0 : earlier + 1;
    if (fruitless >= FRUITLESS_ATTEMPTS || attempt >= MOST_ATTEMPTS) return this.#forget(taskId);
    this.#remember(taskId, fruitless);
    return true;
  }

  #forget(taskId: string): false {
    this.#fruitless.delete(taskId);
    return false;
  }

  #remember(taskId: string, fruitless: number): void {
    this.#fruitless.delete(taskId);
    this.#fruitless.set(taskId, fruitless);
    const oldest = this.#fruitless.keys().next();
    if (this.#fruitless.size > MOST_TASKS && oldest.done !== true) this.#fruitless.delete(oldest.value);
  }
}

/** Bytes that came from the source and were of use. */
function madeProgress(bytes: ByteCounts): boolean {
  return bytes.copied > bytes.wasted;
}
