import { sql } from "kysely";
import type { Database, Tx } from "../database.ts";
import type { RuleTriggerRow } from "../tables.ts";
import type { RuleTriggers, ScheduleStep, TriggerStore } from "../trigger-store.ts";

/** Triggers on a database. */
export function triggerStore({ transact }: Database): TriggerStore {
  return {
    list: () => transact(async (tx) => (await tx.selectFrom("rule_triggers").selectAll().orderBy("rule").execute()).map(triggersOf)),
    get: (rule) => transact((tx) => get(tx, rule)),
    scheduled: (rule, step) => transact((tx) => scheduled(tx, rule, step)),
  };
}

async function get(tx: Tx, rule: string): Promise<RuleTriggers | undefined> {
  const row = await tx.selectFrom("rule_triggers").selectAll().where("rule", "=", rule).executeTakeFirst();
  return row && triggersOf(row);
}

async function scheduled(tx: Tx, rule: string, { schedule, nextAt, dueAt, missed }: ScheduleStep): Promise<void> {
  const there = await tx.selectFrom("rules").select("name").where("name", "=", rule).executeTakeFirst();
  if (there === undefined) return;
  const change = {
    schedule: schedule ?? null,
    next_at: nextAt ?? null,
    ...(dueAt === undefined ? {} : { last_due_at: dueAt }),
    ...(missed === undefined ? {} : { last_missed_at: missed.lastAt }),
  };
  await tx
    .insertInto("rule_triggers")
    .values({ rule, ...change, missed: missed?.count ?? 0 })
    .onConflict((conflict) =>
      conflict.column("rule").doUpdateSet({ ...change, missed: sql<number>`rule_triggers.missed + excluded.missed` }),
    )
    .execute();
}

function triggersOf(row: RuleTriggerRow): RuleTriggers {
  return {
    rule: row.rule,
    schedule: row.schedule ?? undefined,
    nextAt: row.next_at ?? undefined,
    lastDueAt: row.last_due_at ?? undefined,
    missed: row.missed,
    lastMissedAt: row.last_missed_at ?? undefined,
    lastFullAt: row.last_full_at ?? undefined,
    lastEventAt: row.last_event_at ?? undefined,
    lastEvent: row.last_event ?? undefined,
  };
}
