import type { Arrival } from "@transship/model";
import type { ArrivalStore } from "../arrival-store.ts";
import type { Database, Tx } from "../database.ts";
import { arrivalOf } from "./arrival-rows.ts";
import { findHolders } from "./find-holders.ts";

/** Fewer than the parameters that any database takes in a statement. */
const BATCH = 500;

/** Arrivals on a database. */
export function arrivalStore({ transact }: Database): ArrivalStore {
  return {
    at: (instance, places) => transact((tx) => at(tx, instance, places)),
    in: (instance, repositories) => transact((tx) => inRepositories(tx, instance, repositories)),
    pairs: (rule, instance) => transact((tx) => pairs(tx, rule, instance)),
    anyInPart: (rule, instance) => transact((tx) => anyInPart(tx, rule, instance)),
    holders: (artifact, near) => transact((tx) => findHolders(tx, artifact, near)),
  };
}

async function at(tx: Tx, instance: string, places: Parameters<ArrivalStore["at"]>[1]): Promise<Map<string, Arrival>> {
  const found = new Map<string, Arrival>();
  for (const [repository, theirs] of Map.groupBy(places, (place) => place.repository)) {
    for (const tags of chunks(theirs.map(({ tag }) => tag))) {
      const rows = await tx
        .selectFrom("arrivals")
        .selectAll()
        .where("target_instance", "=", instance)
        .where("target_repository", "=", repository)
        .where("target_tag", "in", tags)
        .execute();
      for (const row of rows) found.set(`${repository}:${row.target_tag}`, arrivalOf(row));
    }
  }
  return found;
}

async function inRepositories(tx: Tx, instance: string, repositories: readonly string[]): Promise<Arrival[]> {
  const found: Arrival[] = [];
  for (const some of chunks(repositories)) {
    const query = tx.selectFrom("arrivals").selectAll().where("target_instance", "=", instance).where("target_repository", "in", some);
    found.push(...(await query.orderBy("target_repository").orderBy("target_tag").execute()).map(arrivalOf));
  }
  return found;
}

async function pairs(tx: Tx, rule: string, instance: string): Promise<{ source: string; target: string }[]> {
  return await tx
    .selectFrom("arrivals")
    .select(["source_repository as source", "target_repository as target"])
    .distinct()
    .where("rule", "=", rule)
    .where("target_instance", "=", instance)
    .orderBy("source_repository")
    .orderBy("target_repository")
    .execute();
}

async function anyInPart(tx: Tx, rule: string, instance: string): Promise<boolean> {
  const row = await tx
    .selectFrom("arrivals")
    .select("rule")
    .where("rule", "=", rule)
    .where("target_instance", "=", instance)
    .where("platforms", "is not", null)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

function chunks<T>(all: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(all.length / BATCH) }, (_, index) => all.slice(index * BATCH, (index + 1) * BATCH));
}
