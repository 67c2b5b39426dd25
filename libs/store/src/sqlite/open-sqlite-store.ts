import { chmodSync, closeSync, mkdirSync, openSync } from "node:fs";
import { join } from "node:path";
import { diskError, TransshipError } from "@transship/errors";
import Sqlite from "better-sqlite3";
import { Kysely } from "kysely";
import type { Database } from "../database.ts";
import { MIGRATIONS } from "../migrations/index.ts";
import { migrate } from "../migrations/migrate.ts";
import type { Store } from "../store.ts";
import { storeOn } from "../store-on-database.ts";
import type { Tables } from "../tables.ts";
import { lockDataDirectory } from "./data-directory-lock.ts";
import { GroupCommit } from "./group-commit.ts";
import { sqliteDialect } from "./sqlite-dialect.ts";
import { explainSqlite } from "./sqlite-errors.ts";

/** File of the control plane's data in its data directory. */
export const DATABASE_FILE = "control-plane.db";

/** How long a statement waits for another program that reads the file, e.g. a backup. */
const BUSY_TIMEOUT_MS = 5_000;

/** Memory for pages of the file, in KiB: the tasks of a large run, their indexes, and rules by the ten thousand. SQLite itself would keep 2 MiB. */
const CACHE_KIB = 32 * 1024;
/** Pages of 4 KiB in the journal before they are copied to the file, which a commit then waits for. More of them are the same page again then: that of an index, say. */
const CHECKPOINT_PAGES = 4_000;

/** Where the store is: a data directory, or nowhere but in memory. */
export type SqlitePlace = { readonly directory: string } | { readonly memory: true };

/**
 * Opens the store, makes the directory (0700) and the file (0600) where they are missing, and brings the schema up to date. One process per directory.
 * @throws TransshipError `DATA_DIR_IN_USE`, `DATA_DIR_TOO_NEW`, `DATA_DIR_UNUSABLE` (not writable, not a database, damaged), `DISK_FULL`.
 */
export async function openSqliteStore(place: SqlitePlace): Promise<Store> {
  const where = "memory" in place ? "the store in memory" : `the data directory ${place.directory}`;
  // Disposed from the last to the first: the database closes before the lock opens.
  const owned = new DisposableStack();
  try {
    const file = "memory" in place ? ":memory:" : prepare(place.directory, owned);
    return await openDatabase(file, where, owned);
  } catch (thrown) {
    owned.dispose();
    throw explainSqlite(`opening ${where}`, thrown);
  }
}

/** Makes and locks the directory; returns the path of the database file, which exists then. */
function prepare(directory: string, owned: DisposableStack): string {
  const file = join(directory, DATABASE_FILE);
  try {
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    owned.use(lockDataDirectory(directory));
    // Credentials are in it. SQLite gives its -wal and -shm files the mode of the main file.
    closeSync(openSync(file, "a", 0o600));
    chmodSync(file, 0o600);
  } catch (thrown) {
    throw thrown instanceof TransshipError ? thrown : diskError(`preparing the data directory ${directory}`, thrown);
  }
  return file;
}

async function openDatabase(file: string, where: string, owned: DisposableStack): Promise<Store> {
  const sqlite = owned.adopt(new Sqlite(file, { timeout: BUSY_TIMEOUT_MS }), (open) => open.close());
  sqlite.pragma("journal_mode = WAL");
  sqlite.pragma("synchronous = FULL");
  sqlite.pragma("foreign_keys = ON");
  sqlite.pragma(`cache_size = -${CACHE_KIB}`);
  sqlite.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  const kysely = new Kysely<Tables>({ dialect: sqliteDialect(sqlite) });
  await migrate(kysely as unknown as Kysely<unknown>, MIGRATIONS, where);
  const commits = new GroupCommit(kysely);
  const database: Database = {
    transact: async (work) => {
      try {
        return await commits.transact(work);
      } catch (thrown) {
        throw explainSqlite(`using ${where}`, thrown);
      }
    },
  };
  // Kysely's own destroy waits for transactions under way and closes the database; closing it again does nothing.
  const close = async () => {
    await kysely.destroy();
    owned.dispose();
  };
  return storeOn(database, close);
}
