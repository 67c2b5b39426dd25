import { asTransshipError, diskError, systemCode, type TransshipError } from "@transship/errors";

/** Runs one step on the database; failures of disk and file come out as `DISK_FULL` or `DATA_DIR_UNUSABLE`, defects of ours as `INTERNAL`. */
export function explained<T>(what: string, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    throw explain(what, thrown);
  }
}

function explain(what: string, thrown: unknown): TransshipError {
  const ours = /^SQLITE_(?:CONSTRAINT|ERROR|MISUSE|RANGE|TOOBIG|MISMATCH)/.test(systemCode(thrown) ?? "SQLITE_ERROR");
  return ours ? asTransshipError(thrown, what) : diskError(what, thrown);
}
