import { wantsEvent } from "@transship/model";
import type { Tx } from "../database.ts";
import type { OutgoingEvent } from "../delivery-store.ts";
import { resourceRows, webhookOf } from "../topology/topology-rows.ts";

/** Keeps an event for every enabled webhook that wants it, within the transaction that makes it true. Returns the webhooks' names. */
export async function postEvent(tx: Tx, event: OutgoingEvent, now: string): Promise<string[]> {
  const names = (await resourceRows(tx, "Webhook"))
    .map(webhookOf)
    .filter(({ spec }) => wantsEvent(spec, event))
    .map(({ name }) => name);
  for (const webhook of names) {
    const { id: event_id, type, body } = event;
    await tx.insertInto("deliveries").values({ webhook, event_id, type, body, created_at: now }).execute();
  }
  return names;
}
