import { TransshipError } from "@transship/errors";
import type { Kysely } from "kysely";
import { type Migration, Migrator } from "kysely/migration";

/** Where kysely's migrator keeps the names of applied migrations; fixed, since a table of another name would look like an empty database. */
const APPLIED = "kysely_migration";

/**
 * Brings the schema to the newest of `migrations`, all pending ones in one transaction.
 * @throws TransshipError `DATA_DIR_TOO_NEW` where the database has a migration that is not among them; nothing is changed then. What a failing migration
 * threw comes out as it is.
 */
export async function migrate(db: Kysely<unknown>, migrations: Readonly<Record<string, Migration>>, where: string): Promise<void> {
  const known = Object.keys(migrations).sort();
  const foreign = (await appliedMigrations(db)).filter((name) => !known.includes(name)).sort();
  const newest = foreign.at(-1);
  if (newest !== undefined) {
    throw new TransshipError("DATA_DIR_TOO_NEW", {
      what: `opening ${where}`,
      why: `its schema is at ${newest}, and this version of Transship knows up to ${known.at(-1) ?? "none"}`,
    });
  }
  const migrator = new Migrator({ db, migrationTableName: APPLIED, provider: { getMigrations: async () => ({ ...migrations }) } });
  const { error } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
}

async function appliedMigrations(db: Kysely<unknown>): Promise<string[]> {
  const tables = await db.introspection.getTables({ withInternalKyselyTables: true });
  if (!tables.some((table) => table.name === APPLIED)) return [];
  const bookkeeping = db as Kysely<{ [APPLIED]: { name: string } }>;
  const rows = await bookkeeping.selectFrom(APPLIED).select("name").execute();
  return rows.map((row) => row.name);
}
