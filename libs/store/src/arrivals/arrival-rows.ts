import type { Arrival } from "@transship/model";
import type { Tx } from "../database.ts";
import type { ArrivalRow, TaskRow } from "../tables.ts";
import { platformsOf, platformsText } from "../tasks/platforms-text.ts";

/** A stored arrival. */
export function arrivalOf(row: ArrivalRow): Arrival {
  return {
    rule: row.rule,
    source: { instance: row.source_instance, repository: row.source_repository },
    target: { instance: row.target_instance, repository: row.target_repository, tag: row.target_tag },
    digest: row.digest,
    platforms: platformsOf(row.platforms),
    at: row.at,
  };
}

/** A tag of a target that a task moved. */
export interface Brought {
  readonly task: TaskRow;
  readonly rule: string;
  /** The only ones that were brought; absent = all. */
  readonly platforms: readonly string[] | undefined;
}

/** Rows of one statement: nine parameters each. */
const ROWS_AT_ONCE = 500;

/** Remembers what tasks brought, in place of what was brought there before; of two that moved one tag, the later one. */
export async function recordArrivals(tx: Tx, brought: readonly Brought[], now: string): Promise<void> {
  const rows = new Map(brought.map((one) => [JSON.stringify(placeOf(one)), rowOf(one, now)]));
  const all = [...rows.values()];
  for (let start = 0; start < all.length; start += ROWS_AT_ONCE) {
    await tx
      .insertInto("arrivals")
      .values(all.slice(start, start + ROWS_AT_ONCE))
      .onConflict((conflict) =>
        conflict.columns(["target_instance", "target_repository", "target_tag"]).doUpdateSet(({ ref }) => ({
          digest: ref("excluded.digest"),
          rule: ref("excluded.rule"),
          source_instance: ref("excluded.source_instance"),
          source_repository: ref("excluded.source_repository"),
          platforms: ref("excluded.platforms"),
          at: ref("excluded.at"),
        })),
      )
      .execute();
  }
}

function placeOf({ task }: Brought) {
  return { target_instance: task.target_instance, target_repository: task.target_repository, target_tag: task.target_tag };
}

function rowOf(brought: Brought, at: string): ArrivalRow {
  const { digest, source_instance, source_repository } = brought.task;
  return {
    ...placeOf(brought),
    digest,
    rule: brought.rule,
    source_instance,
    source_repository,
    platforms: platformsText(brought.platforms),
    at,
  };
}

/** Forgets what was brought to a tag that a task took away, and to where the tag was gone before. */
export async function forgetArrivals(tx: Tx, task: TaskRow): Promise<void> {
  const places = [
    { instance: task.target_instance, repository: task.target_repository, tag: task.target_tag },
    { instance: task.source_instance, repository: task.source_repository, tag: task.source_tag },
  ];
  for (const { instance, repository, tag } of places) {
    await tx
      .deleteFrom("arrivals")
      .where("target_instance", "=", instance)
      .where("target_repository", "=", repository)
      .where("target_tag", "=", tag)
      .execute();
  }
}
