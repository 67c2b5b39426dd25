import { TransshipError } from "./transship-error.ts";

/** The `code` of a Node system error (`ENOSPC`, `EADDRINUSE`, …), or undefined for anything else. */
export function systemCode(thrown: unknown): string | undefined {
  if (typeof thrown !== "object" || thrown === null || !("code" in thrown)) return undefined;
  return typeof thrown.code === "string" ? thrown.code : undefined;
}

/** `SHMSIZE`: SQLite found no room for the index of the write-ahead log, which is how opening a database on a full disk fails. */
const FULL = ["ENOSPC", "EDQUOT", "SQLITE_FULL", "SQLITE_IOERR_SHMSIZE"];

/** A file system failure as a TransshipError: a full disk is `DISK_FULL`, everything else `DATA_DIR_UNUSABLE`. */
export function diskError(what: string, thrown: unknown): TransshipError {
  const code = systemCode(thrown);
  const full = code !== undefined && FULL.includes(code);
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new TransshipError(full ? "DISK_FULL" : "DATA_DIR_UNUSABLE", { what, why, cause: thrown });
}
