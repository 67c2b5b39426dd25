import { failureToMessage, webhookToMessage, type wire } from "@transship/api";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import { testEvent } from "../events-out/cloud-event.ts";
import type { EventSender } from "../events-out/send-event.ts";

/** Where to tell what happens. */
export function webhookService(
  { unary }: Handlers,
  store: Store,
  sender: EventSender,
  now: () => Date,
  stopping: AbortSignal,
): wire.WebhookServiceServer {
  return {
    listWebhooks: unary(async () => {
      const states = await store.deliveries.states();
      return { webhooks: (await store.topology.listWebhooks()).map((webhook) => webhookToMessage(webhook, states.get(webhook.name))) };
    }),
    getWebhook: unary(async ({ name }) => {
      const webhook = await store.topology.getWebhook(name);
      return webhookToMessage(webhook, (await store.deliveries.states()).get(name));
    }),
    testWebhook: unary(async ({ name }) => {
      const webhook = await store.topology.getWebhook(name);
      const { latencyMs, error } = await sender.send(webhook, testEvent(name, now()), stopping);
      return { latencyMs, failure: error && failureToMessage(error) };
    }),
  };
}
