import type { Database, Tx } from "../database.ts";
import type { DeliveryStore, WebhookState } from "../delivery-store.ts";
import { failureOf } from "../failure-text.ts";
import { dueDeliveries, nextDelivery } from "./due-deliveries.ts";
import { delivered, failed, trim } from "./end-delivery.ts";
import { postEvent } from "./post-event.ts";

/** Events on their way out, on a database. */
export function deliveryStore({ transact }: Database): DeliveryStore {
  return {
    post: (event, now) => transact((tx) => postEvent(tx, event, now.toISOString())),
    due: (now) => transact((tx) => dueDeliveries(tx, now.toISOString())),
    nextDue: (now) => transact((tx) => nextDelivery(tx, now.toISOString())),
    delivered: (delivery, now) => transact((tx) => delivered(tx, delivery, now.toISOString())),
    failed: (delivery, attempt, now) => transact((tx) => failed(tx, delivery, attempt, now.toISOString())),
    trim: (most) => transact((tx) => trim(tx, most)),
    states: () => transact(states),
  };
}

async function states(tx: Tx): Promise<ReadonlyMap<string, WebhookState>> {
  const waiting = await tx
    .selectFrom("deliveries")
    .select(["webhook", (eb) => eb.fn.countAll<number>().as("waiting")])
    .groupBy("webhook")
    .execute();
  const counts = new Map(waiting.map((row) => [row.webhook, row.waiting]));
  const known = new Map((await tx.selectFrom("webhook_states").selectAll().execute()).map((row) => [row.webhook, row]));
  const names = [...new Set([...counts.keys(), ...known.keys()])];
  return new Map(
    names.map((name) => {
      const row = known.get(name);
      const ends = { deliveredAt: row?.delivered_at ?? undefined, failedAt: row?.failed_at ?? undefined };
      const sums = { waiting: counts.get(name) ?? 0, givenUp: row?.given_up ?? 0, dropped: row?.dropped ?? 0 };
      return [name, { ...ends, ...sums, failure: failureOf(row?.failure ?? null) }];
    }),
  );
}
