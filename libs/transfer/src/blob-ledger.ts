import type { BlobReport } from "@transship/model";
import type { BlobAccount } from "./blob-account.ts";
import type { CopyStep } from "./copy-step.ts";

/** The accounts of the blobs of one copy: those at the target, and those that it began with and did not bring over. */
export class BlobLedger {
  readonly #accounts = new Set<BlobAccount>();
  readonly #tell: ((step: CopyStep) => void) | undefined;

  /** `tell` is told of each blob at its end. */
  constructor(tell?: (step: CopyStep) => void) {
    this.#tell = tell;
  }

  /** Does the work on a blob and notes how it ended. A blob that the signal stopped before any work is not in the ledger. */
  async keep(account: BlobAccount, signal: AbortSignal, work: () => Promise<void>): Promise<void> {
    signal.throwIfAborted();
    this.#accounts.add(account);
    try {
      await work();
      account.end("done");
    } catch (error) {
      account.end(signal.aborted ? "under-way" : "failed");
      throw error;
    } finally {
      // Moved to the end: the order is that of arrival.
      this.#accounts.delete(account);
      this.#accounts.add(account);
      this.#tell?.({ kind: "blob", report: account.report() });
    }
  }

  reports(): BlobReport[] {
    return [...this.#accounts].map((account) => account.report());
  }
}
