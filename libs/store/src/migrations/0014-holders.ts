import type { Kysely } from "kysely";

/** Finds who has an artifact by what was brought where: by its digest at either end of a copy, and by the repository that it came from. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema.createIndex("arrivals_by_digest").on("arrivals").columns(["digest", "target_instance", "target_repository"]).execute();
  await db.schema
    .createIndex("arrivals_by_digest_at_source")
    .on("arrivals")
    .columns(["digest", "source_instance", "source_repository"])
    .execute();
  await db.schema
    .createIndex("arrivals_by_source")
    .on("arrivals")
    .columns(["source_instance", "source_repository", "target_instance", "target_repository"])
    .execute();
}
