import { type WebhookDocument, webhookDocument } from "../documents/webhook.ts";
import { formatAge } from "../quantities.ts";
import { labelsText } from "./labels-text.ts";
import type { Noun } from "./noun.ts";

/** Webhooks. */
export const webhooks: Noun<WebhookDocument> = {
  noun: "webhook",
  name: (webhook) => webhook.metadata.name,
  columns: [
    { title: "NAME", cell: (webhook) => webhook.metadata.name },
    { title: "STATE", cell: stateText },
    { title: "URL", cell: (webhook) => webhook.spec.url },
    { title: "EVENTS", cell: (webhook) => webhook.spec.events?.join(", ") ?? "all" },
    { title: "RULES", cell: (webhook) => webhook.spec.rules?.join(", ") ?? "all", wide: true },
    { title: "WAITING", cell: (webhook) => String(webhook.status.waiting), align: "right" },
    { title: "LOST", cell: (webhook) => String(webhook.status.givenUp + webhook.status.dropped), align: "right", wide: true },
    { title: "LAST TOLD", cell: (webhook) => formatAge(webhook.status.deliveredAt) },
    { title: "WHY", cell: (webhook) => (stateText(webhook) === "failing" ? (webhook.status.failure?.message ?? "") : ""), wide: true },
    { title: "LABELS", cell: (webhook) => labelsText(webhook.metadata.labels), wide: true },
  ],
  async *list(controlPlane) {
    const { webhooks: service } = controlPlane.services;
    const answer = await controlPlane.ask(service.listWebhooks.bind(service), {});
    yield* answer.webhooks.map(webhookDocument);
  },
  async get(controlPlane, name) {
    const { webhooks: service } = controlPlane.services;
    return webhookDocument(await controlPlane.ask(service.getWebhook.bind(service), { name }));
  },
};

/** `failing` while the newest attempt is one that failed. */
function stateText({ spec, status: { deliveredAt = "", failedAt = "" } }: WebhookDocument): string {
  if (!spec.enabled) return "disabled";
  if (failedAt > deliveredAt) return "failing";
  return deliveredAt === "" ? "never told" : "ok";
}
