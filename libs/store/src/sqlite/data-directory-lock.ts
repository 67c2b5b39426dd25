import { join } from "node:path";
import { diskError, systemCode, TransshipError } from "@transship/errors";
import Sqlite from "better-sqlite3";

/** File in the data directory that is locked while a process uses the directory. It stays empty. */
export const LOCK_FILE = "control-plane.lock";

/**
 * Takes the data directory for this process until disposed. The lock is SQLite's own lock on a file, held by an open transaction: the system drops it when
 * the process dies, however it dies, so there is nothing stale to clean up. Disposing drops it.
 * @throws TransshipError `DATA_DIR_IN_USE` where another process, or this one, has it; `DATA_DIR_UNUSABLE`, `DISK_FULL`.
 */
export function lockDataDirectory(directory: string): Disposable {
  let held: Sqlite.Database | undefined;
  try {
    held = new Sqlite(join(directory, LOCK_FILE), { timeout: 0 });
    held.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    held?.close();
    if (!systemCode(thrown)?.startsWith("SQLITE_BUSY")) throw diskError(`locking the data directory ${directory}`, thrown);
    throw new TransshipError("DATA_DIR_IN_USE", {
      what: `opening the data directory ${directory}`,
      why: "another process is using it",
      cause: thrown,
    });
  }
  const lock = held;
  return { [Symbol.dispose]: () => lock.close() };
}
