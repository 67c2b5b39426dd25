import { pairKey, type TagConflict, type TagPair } from "@transship/model";
import type { Tx } from "../database.ts";
import type { TaskRow } from "../tables.ts";

/** Rows that a statement names at most: fewer than the parameters that any database takes. */
export const IN_ONE_STATEMENT = 500;

/** The pair of a conflict. */
export function pairOf({ source, target, tag }: TagConflict): TagPair {
  return { places: [source, target], tag };
}

/** What both sides have, the same from whichever side it is seen. */
export function digestsText({ source, target, atSource, atTarget }: TagConflict): string {
  const sides = [
    [`${source.instance}/${source.repository}`, atSource],
    [`${target.instance}/${target.repository}`, atTarget],
  ];
  return JSON.stringify(sides.sort(([a = ""], [b = ""]) => (a < b ? -1 : 1)));
}

/** Forgets conflicts of pairs, by key. */
export async function endConflicts(tx: Tx, pairs: readonly string[]): Promise<void> {
  for (let start = 0; start < pairs.length; start += IN_ONE_STATEMENT) {
    await tx
      .deleteFrom("conflicts")
      .where("pair", "in", pairs.slice(start, start + IN_ONE_STATEMENT))
      .execute();
  }
}

/** The pair between which a task copies. */
function pairOfTask(task: TaskRow): string {
  const source = { instance: task.source_instance, repository: task.source_repository };
  const target = { instance: task.target_instance, repository: task.target_repository };
  return pairKey({ places: [source, target], tag: task.target_tag });
}

/** Tasks brought tags over: whatever was in conflict between their places is settled. */
export function settleByCopies(tx: Tx, tasks: readonly TaskRow[]): Promise<void> {
  return endConflicts(tx, tasks.map(pairOfTask));
}

/** A tag is gone on both sides of a task: what comes there next is new, even where it is the same again. */
export async function forgetPair(tx: Tx, task: TaskRow): Promise<void> {
  await tx.deleteFrom("agreements").where("pair", "=", pairOfTask(task)).execute();
  await endConflicts(tx, [pairOfTask(task)]);
}
