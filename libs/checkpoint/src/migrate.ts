import { TransshipError } from "@transship/errors";
import type { Database } from "better-sqlite3";

/** `TSCP`, in the file's header: tells a checkpoint from other SQLite files. */
const APPLICATION_ID = 0x54534350;

/**
 * Brings the schema to the newest of `migrations` (the position is the number, from 1), all pending ones in one transaction.
 * @throws TransshipError `DATA_DIR_TOO_NEW` where the file has a higher number, `DATA_DIR_UNUSABLE` where it is a database of something else; nothing is changed then.
 */
export function migrate(database: Database, migrations: readonly string[], path: string): void {
  const version = database.pragma("user_version", { simple: true }) as number;
  const owner = database.pragma("application_id", { simple: true }) as number;
  if (owner !== APPLICATION_ID && !isEmpty(database)) {
    throw new TransshipError("DATA_DIR_UNUSABLE", {
      what: `opening the checkpoint ${path}`,
      why: "it is an SQLite database of something else",
      hint: "Name another file, or none: then a new one is made.",
    });
  }
  if (version > migrations.length) {
    throw new TransshipError("DATA_DIR_TOO_NEW", {
      what: `opening the checkpoint ${path}`,
      why: `its schema is number ${version}, and this version of Transship knows up to ${migrations.length}`,
    });
  }
  if (version === migrations.length) return;
  database
    .transaction(() => {
      for (const sql of migrations.slice(version)) database.exec(sql);
      database.pragma(`application_id = ${APPLICATION_ID}`);
      database.pragma(`user_version = ${migrations.length}`);
    })
    .exclusive();
}

function isEmpty(database: Database): boolean {
  return database.prepare("SELECT count(*) FROM sqlite_schema").pluck().get() === 0;
}
