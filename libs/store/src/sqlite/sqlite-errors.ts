import { asTransshipError, diskError, systemCode, TransshipError } from "@transship/errors";

/**
 * A failure of the driver as a TransshipError: a full disk is `DISK_FULL`, a file that cannot be read or written `DATA_DIR_UNUSABLE`. A broken constraint is
 * a defect of ours and stays `INTERNAL`.
 */
export function explainSqlite(what: string, thrown: unknown): TransshipError {
  if (thrown instanceof TransshipError) return thrown;
  const code = systemCode(thrown);
  if (code?.startsWith("SQLITE_") && !/^SQLITE_(?:CONSTRAINT|ERROR|MISUSE|RANGE)/.test(code)) return diskError(what, thrown);
  return asTransshipError(thrown, what);
}
