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

/** Remembers that a task moved its target's tag, in place of what was brought there before. */
export async function recordArrival(
  tx: Tx,
  task: TaskRow,
  rule: string,
  platforms: readonly string[] | undefined,
  now: string,
): Promise<void> {
  const what = {
    digest: task.digest,
    rule,
    source_instance: task.source_instance,
    source_repository: task.source_repository,
    platforms: platformsText(platforms),
    at: now,
  };
  await tx
    .insertInto("arrivals")
    .values({ ...what, target_instance: task.target_instance, target_repository: task.target_repository, target_tag: task.target_tag })
    .onConflict((conflict) => conflict.columns(["target_instance", "target_repository", "target_tag"]).doUpdateSet(what))
    .execute();
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
