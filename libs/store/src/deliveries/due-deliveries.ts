import type { Webhook } from "@transship/model";
import type { Tx } from "../database.ts";
import type { Delivery } from "../delivery-store.ts";
import { resourceRows, webhookOf } from "../topology/topology-rows.ts";

/** The oldest event of each enabled webhook that has one, and until when it waits. By webhook. */
async function heads(tx: Tx): Promise<(Delivery & { readonly retryAt: string | undefined })[]> {
  const found = [];
  const webhooks = (await resourceRows(tx, "Webhook")).map(webhookOf).filter(({ spec }) => spec.enabled);
  for (const webhook of webhooks) {
    const head = await headOf(tx, webhook);
    if (head !== undefined) found.push(head);
  }
  return found;
}

async function headOf(tx: Tx, webhook: Webhook) {
  const row = await tx
    .selectFrom("deliveries")
    .leftJoin("webhook_states", "webhook_states.webhook", "deliveries.webhook")
    .select(["seq", "type", "body", "failures", "retry_at"])
    .where("deliveries.webhook", "=", webhook.name)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { seq, type, body, failures, retry_at } = row;
  return { seq, webhook, type, body, failures: failures ?? 0, retryAt: retry_at ?? undefined };
}

/** Of each webhook that need not wait, the oldest event. */
export async function dueDeliveries(tx: Tx, now: string): Promise<Delivery[]> {
  const due = (await heads(tx)).filter(({ retryAt = "" }) => retryAt <= now);
  return due.map(({ retryAt: _retryAt, ...delivery }) => delivery);
}

/** When the first webhook that has to wait need not any more. */
export async function nextDelivery(tx: Tx, now: string): Promise<Date | undefined> {
  const later = (await heads(tx)).flatMap(({ retryAt = "" }) => (retryAt > now ? [retryAt] : [])).sort();
  return later[0] === undefined ? undefined : new Date(later[0]);
}
