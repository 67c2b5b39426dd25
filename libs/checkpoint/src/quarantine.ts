import { existsSync, renameSync, rmSync } from "node:fs";
import { diskError, systemCode } from "@transship/errors";

/** SQLite opened the file and found its content broken. */
export class Damaged extends Error {}

/** Whether what opening threw means that the file's content is broken, as opposed to a disk or directory that does not work. */
export function isDamaged(thrown: unknown): boolean {
  if (thrown instanceof Damaged) return true;
  const code = systemCode(thrown) ?? "";
  // A truncated file shows as a short read; a directory or an unreadable file in the file's place as EISDIR, EACCES or CANTOPEN.
  return /^(?:SQLITE_NOTADB|SQLITE_CORRUPT.*|SQLITE_IOERR_SHORT_READ|SQLITE_CANTOPEN.*|EISDIR|EACCES|EPERM)$/.test(code);
}

/**
 * Puts a damaged file aside as `<path>.corrupt-<n>`, its write-ahead log with it, and returns the sentence that says so.
 * @throws TransshipError `DATA_DIR_UNUSABLE` where the directory does not allow that.
 */
export function quarantine(path: string, found: unknown): string {
  let number = 1;
  while (existsSync(`${path}.corrupt-${number}`)) number += 1;
  const aside = `${path}.corrupt-${number}`;
  try {
    renameSync(path, aside);
    if (existsSync(`${path}-wal`)) renameSync(`${path}-wal`, `${aside}-wal`);
    rmSync(`${path}-shm`, { force: true });
  } catch (thrown) {
    throw diskError(`putting the damaged checkpoint ${path} aside`, thrown);
  }
  const why = found instanceof Error ? found.message : String(found);
  return `the checkpoint ${path} was damaged (${why.split("\n", 1)[0]}) and is now ${aside}; work that was under way begins anew`;
}
