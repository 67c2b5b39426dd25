import type { DriftCheck, DriftItem, DriftSubject } from "@transship/model";
import type { Database, Tx } from "../database.ts";
import { postEvent } from "../deliveries/post-event.ts";
import type { DriftStore } from "../drift-store.ts";
import { checkOf, checkRow, dropDrift, itemOf, itemRow } from "./drift-rows.ts";

/** Rows in a statement; with their columns fewer parameters than any database takes. */
const BATCH = 50;

/** What checks found, on a database. */
export function driftStore({ transact }: Database): DriftStore {
  return {
    checks: (subject) => transact((tx) => checks(tx, subject)),
    items: (subject, replica) => transact((tx) => items(tx, subject, replica)),
    record: (check, found, event) =>
      transact(async (tx) => {
        if (!(await isThere(tx, check))) return [];
        await record(tx, check, found);
        return event === undefined ? [] : await postEvent(tx, event, check.checkedAt);
      }),
  };
}

async function checks(tx: Tx, subject: DriftSubject | undefined): Promise<DriftCheck[]> {
  let query = tx.selectFrom("drift_checks").selectAll();
  if (subject !== undefined) query = query.where("subject_kind", "=", subject.kind).where("subject", "=", subject.name);
  return (await query.orderBy("subject_kind").orderBy("subject").orderBy("replica").execute()).map(checkOf);
}

async function items(tx: Tx, { kind, name }: DriftSubject, replica: string): Promise<DriftItem[]> {
  const query = tx
    .selectFrom("drift_items")
    .selectAll()
    .where("subject_kind", "=", kind)
    .where("subject", "=", name)
    .where("replica", "=", replica);
  return (await query.orderBy("repository").orderBy("tag").execute()).map(itemOf);
}

/** A check takes its time: what it is about may be gone at its end. */
async function isThere(tx: Tx, { subject, replica }: DriftCheck): Promise<boolean> {
  const row =
    subject.kind === "rule"
      ? await tx
          .selectFrom("rule_instances")
          .select("rule")
          .where("rule", "=", subject.name)
          .where("instance", "=", replica)
          .executeTakeFirst()
      : await tx
          .selectFrom("replication_edges")
          .select("replica")
          .where("replication", "=", subject.name)
          .where("replica", "=", replica)
          .executeTakeFirst();
  return row !== undefined;
}

async function record(tx: Tx, check: DriftCheck, found: readonly DriftItem[]): Promise<void> {
  await dropDrift(tx, check.subject, check.replica);
  await tx.insertInto("drift_checks").values(checkRow(check)).execute();
  for (let start = 0; start < found.length; start += BATCH) {
    const rows = found.slice(start, start + BATCH).map((item) => itemRow(check.subject, check.replica, item));
    // Two ways of a rule to one place find it twice.
    await tx
      .insertInto("drift_items")
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}
