import Sqlite from "better-sqlite3";
import { migrate } from "./migrate.ts";
import { MIGRATIONS } from "./migrations/index.ts";
import { Damaged } from "./quarantine.ts";

/**
 * Opens the database with the schema up to date. WAL with synchronous=NORMAL: a killed process loses nothing, a power cut may lose the last commits, and
 * whatever the journal says is checked against disk and registry before it is believed.
 * @throws what the driver throws; `Damaged` where SQLite finds the file broken; TransshipError `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE`.
 */
export function openDatabase(path: string): Sqlite.Database {
  const database = new Sqlite(path, { timeout: 5_000 });
  try {
    database.pragma("journal_mode = WAL");
    database.pragma("synchronous = NORMAL");
    checkWhole(database);
    migrate(database, MIGRATIONS, path);
    return database;
  } catch (thrown) {
    database.close();
    throw thrown;
  }
}

function checkWhole(database: Sqlite.Database): void {
  const findings = database.pragma("quick_check(1)", { simple: true });
  if (findings !== "ok") throw new Damaged(String(findings));
}
