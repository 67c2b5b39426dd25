import { asTransshipError, type Side, TransshipError } from "@transship/errors";
import { NO_BYTES, type TaskProgress } from "@transship/model";
import type { CopyEngine, CopyProgress, CopyResult } from "@transship/transfer";
import type { Assigned } from "./read-assignment.ts";
import type { BorrowedRegistry, Registries } from "./registries.ts";

/** How one attempt ended. `stopped`: the signal ended it. */
export type Attempt =
  | { readonly kind: "done"; readonly result: CopyResult }
  | { readonly kind: "failed"; readonly error: TransshipError; readonly progress: TaskProgress }
  | { readonly kind: "stopped"; readonly progress: TaskProgress };

/** Copies one artifact as assigned. Never rejects. */
export async function runTask(
  assigned: Assigned,
  means: { readonly engine: CopyEngine; readonly registries: Registries },
  onProgress: (progress: CopyProgress) => void,
  signal: AbortSignal,
): Promise<Attempt> {
  let progress: TaskProgress = { totalBytes: 0, doneBytes: 0, bytes: NO_BYTES };
  try {
    using source = borrow("source", () => means.registries.borrow(assigned.sourceAccess));
    using target = borrow("target", () => means.registries.borrow(assigned.targetAccess));
    const request = {
      source: source.registry.repository(assigned.source.repository),
      target: target.registry.repository(assigned.target.repository),
      reference: assigned.source.tag,
      digest: assigned.digest,
      tag: assigned.target.tag,
      overwrite: assigned.overwrite,
      begunBefore: assigned.key.epoch > 1,
    };
    const note = (now: CopyProgress) => {
      progress = { totalBytes: now.totalBytes, doneBytes: now.doneBytes, bytes: now.bytes };
      onProgress(now);
    };
    return { kind: "done", result: await means.engine.copy(request, { signal, onProgress: note }) };
  } catch (thrown) {
    if (signal.aborted) return { kind: "stopped", progress };
    return { kind: "failed", error: asTransshipError(thrown, `copying ${assigned.source.repository}:${assigned.source.tag}`), progress };
  }
}

function borrow(side: Side, open: () => BorrowedRegistry): BorrowedRegistry {
  try {
    return open();
  } catch (thrown) {
    throw thrown instanceof TransshipError ? thrown.with({ side }) : thrown;
  }
}
