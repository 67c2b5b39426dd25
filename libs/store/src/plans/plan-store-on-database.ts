import { gunzipSync, gzipSync } from "node:zlib";
import type { Selectable } from "kysely";
import type { Database, Tx } from "../database.ts";
import { notFound } from "../not-found.ts";
import type { PlanStore, PlanSums, SavedItem, SavedPlan } from "../plan-store.ts";
import type { Tables } from "../tables.ts";

/** Saved plans on a database. */
export function planStore({ transact }: Database): PlanStore {
  return {
    open: ({ id, rule, ruleSpec }, now) =>
      transact(async (tx) => {
        await tx.insertInto("plans").values({ id, rule, rule_spec: ruleSpec, created_at: now.toISOString() }).execute();
      }),
    addPage: (id, page, items) =>
      transact(async (tx) => {
        await tx
          .insertInto("plan_pages")
          .values({ plan_id: id, page, items: gzipSync(JSON.stringify(items)) })
          .execute();
      }),
    finish: (id, sums) =>
      transact(async (tx) => {
        await tx
          .updateTable("plans")
          .set({ summary: JSON.stringify(sums) })
          .where("id", "=", id)
          .execute();
      }),
    get: (id) => transact((tx) => get(tx, id)),
    list: (filter, limit) => transact((tx) => list(tx, filter.rule, limit)),
    page: (id, page) => transact((tx) => itemsOf(tx, id, page)),
    forget: (before) =>
      transact(async (tx) => {
        await tx.deleteFrom("plans").where("created_at", "<", before.toISOString()).execute();
      }),
  };
}

async function get(tx: Tx, id: string): Promise<SavedPlan> {
  const row = await tx.selectFrom("plans").selectAll().where("id", "=", id).where("summary", "is not", null).executeTakeFirst();
  if (row === undefined) throw notFound("plan", id);
  return planOf(row);
}

async function list(tx: Tx, rule: string | undefined, limit: number): Promise<SavedPlan[]> {
  let query = tx.selectFrom("plans").selectAll().where("summary", "is not", null);
  if (rule !== undefined) query = query.where("rule", "=", rule);
  return (await query.orderBy("seq", "desc").limit(limit).execute()).map(planOf);
}

async function itemsOf(tx: Tx, id: string, page: number): Promise<SavedItem[] | undefined> {
  const row = await tx.selectFrom("plan_pages").select("items").where("plan_id", "=", id).where("page", "=", page).executeTakeFirst();
  return row === undefined ? undefined : (JSON.parse(gunzipSync(row.items).toString()) as SavedItem[]);
}

function planOf(row: Selectable<Tables["plans"]>): SavedPlan {
  return {
    id: row.id,
    rule: row.rule,
    ruleSpec: row.rule_spec,
    createdAt: row.created_at,
    sums: JSON.parse(row.summary ?? "{}") as PlanSums,
  };
}
