import { diskError, systemCode, TransshipError } from "@transship/errors";
import Sqlite from "better-sqlite3";

/**
 * Takes `path` for this process until disposed. It is SQLite's own lock on an empty file, held by an open transaction: the system drops it when the process
 * dies, however it dies, so nothing stale stays behind. `protects` names what is locked, for the message.
 * @throws TransshipError `DATA_DIR_IN_USE` where another process, or this one, has it; `DATA_DIR_UNUSABLE`, `DISK_FULL`.
 */
export function lockFile(path: string, protects: string): Disposable {
  let held: Sqlite.Database | undefined;
  try {
    held = new Sqlite(path, { timeout: 0 });
    held.exec("BEGIN EXCLUSIVE");
  } catch (thrown) {
    held?.close();
    if (!systemCode(thrown)?.startsWith("SQLITE_BUSY")) throw diskError(`locking ${path}`, thrown);
    throw new TransshipError("DATA_DIR_IN_USE", {
      what: `opening the checkpoint ${protects}`,
      why: "another process is using it",
      cause: thrown,
    });
  }
  const lock = held;
  return { [Symbol.dispose]: () => lock.close() };
}
