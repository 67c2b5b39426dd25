import type { Holder } from "@transship/model";
import type { HeldArtifact } from "../arrival-store.ts";
import type { Tx } from "../database.ts";

/** Instances that each of the questions below finds at most. */
const MOST_FOUND = 16;
/** Arrivals that are read at once. */
const AT_ONCE = 32;

/** @see ArrivalStore.holders */
export async function findHolders(tx: Tx, { digest, source }: HeldArtifact, near: readonly string[]): Promise<Holder[]> {
  const found = new Map<string, Holder>();
  const questions: Question[] = [
    { end: "target", where: { digest } },
    { end: "source", where: { digest } },
    { end: "target", where: { source_instance: source.instance, source_repository: source.repository } },
  ];
  for (const question of questions) {
    const some = await instancesIn(tx, question);
    // Where there are many, those that matter most might not be among them.
    const nearest = some.length < MOST_FOUND ? [] : await instancesIn(tx, question, near);
    for (const holder of [...nearest, ...some]) if (!found.has(holder.instance)) found.set(holder.instance, holder);
  }
  return [...found.values()];
}

/** Which end of the arrivals that match holds it. */
interface Question {
  readonly end: "source" | "target";
  readonly where: Readonly<Record<string, string>>;
}

/**
 * The instances at one end, by name, with a repository each. An artifact may have thousands of tags, and a repository thousands of artifacts: where one reading does
 * not show all, the index is entered anew behind each instance.
 */
async function instancesIn(tx: Tx, question: Question, only?: readonly string[]): Promise<Holder[]> {
  const found = new Map<string, Holder>();
  for (let last = "", limit = AT_ONCE; found.size < MOST_FOUND; limit = 1) {
    const rows = await placesAfter(tx, question, last, limit, only);
    for (const row of rows) if (!found.has(row.instance)) found.set(row.instance, row);
    if (rows.length < limit) break;
    last = rows.at(-1)?.instance ?? last;
  }
  return [...found.values()].slice(0, MOST_FOUND);
}

function placesAfter(tx: Tx, { end, where }: Question, last: string, limit: number, only?: readonly string[]): Promise<Holder[]> {
  const query = tx
    .selectFrom("arrivals")
    .select([`${end}_instance as instance`, `${end}_repository as repository`])
    .where((eb) => eb.and(where))
    .where(`${end}_instance`, ">", last)
    .orderBy(`${end}_instance`)
    .orderBy(`${end}_repository`)
    .limit(limit);
  return (only === undefined ? query : query.where(`${end}_instance`, "in", only)).execute();
}
