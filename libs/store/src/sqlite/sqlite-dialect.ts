import type { Database } from "better-sqlite3";
import { type DatabaseConnection, type Dialect, SqliteAdapter, SqliteDriver, SqliteIntrospector, SqliteQueryCompiler } from "kysely";
import { preparingOnce } from "./prepared-statements.ts";

/** Kysely's SQLite dialect with two corrections that crash safety needs. */
export function sqliteDialect(database: Database): Dialect {
  return {
    createDriver: () => new Driver(database),
    createAdapter: () => new Adapter(),
    createQueryCompiler: () => new SqliteQueryCompiler(),
    createIntrospector: (db) => new SqliteIntrospector(db),
  };
}

/**
 * SQLite does undo DDL on rollback. Kysely says otherwise because some pragmas do nothing inside a transaction; our migrations use none of them, and a
 * process that dies in the middle of a migration must leave the old schema.
 */
class Adapter extends SqliteAdapter {
  override get supportsTransactionalDdl(): boolean {
    return true;
  }
}

/**
 * SQLite ends a transaction by itself on a full disk or a failing one (https://sqlite.org/lang_transaction.html, "Response To Errors Within A Transaction").
 * A second ROLLBACK would then fail and hide the real error.
 */
class Driver extends SqliteDriver {
  readonly #database: Database;

  constructor(database: Database) {
    super({ database: preparingOnce(database) });
    this.#database = database;
  }

  override async rollbackTransaction(connection: DatabaseConnection): Promise<void> {
    if (this.#database.inTransaction) await super.rollbackTransaction(connection);
  }
}
