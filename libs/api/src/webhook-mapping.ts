import { API_VERSION, type Failure, type Webhook, type WebhookResource } from "@transship/model";
import { storedFailureToMessage } from "./failure-mapping.ts";
import type * as wire from "./gen/transship/v1/webhook.ts";

/** A webhook document as a message, secret included: only for what goes to the control plane. */
export function webhookResourceToMessage({ metadata, spec }: WebhookResource): wire.WebhookResource {
  const { url, secret, events = [], rules = [], allowPrivate, enabled } = spec;
  return { name: metadata.name, labels: metadata.labels, spec: { url, secret, events, rules, allowPrivate, enabled } };
}

/** A message as a document, not yet checked: give it to `parseResource`. */
export function webhookResourceFromMessage({ name, labels, spec }: wire.WebhookResource): unknown {
  return {
    apiVersion: API_VERSION,
    kind: "Webhook",
    metadata: { name, labels },
    spec: spec && {
      url: spec.url,
      secret: spec.secret,
      ...(spec.events.length === 0 ? {} : { events: spec.events }),
      ...(spec.rules.length === 0 ? {} : { rules: spec.rules }),
      allowPrivate: spec.allowPrivate,
      enabled: spec.enabled,
    },
  };
}

/** A webhook as users may see it: the secret is left out. */
function webhookResourceShown(webhook: Webhook): wire.WebhookResource {
  return webhookResourceToMessage({
    apiVersion: API_VERSION,
    kind: "Webhook",
    metadata: { name: webhook.name, labels: { ...webhook.labels } },
    spec: { ...webhook.spec, secret: "" },
  });
}

/** How a webhook does. Moments are ISO 8601, UTC; undefined = never. */
export interface WebhookDoings {
  readonly waiting: number;
  readonly deliveredAt: string | undefined;
  readonly failedAt: string | undefined;
  readonly failure: Failure | undefined;
  readonly givenUp: number;
  readonly dropped: number;
}

/** A webhook as a message to users, without its secret; without doings it was never told anything. */
export function webhookToMessage(webhook: Webhook, doings?: WebhookDoings): wire.Webhook {
  return {
    resource: webhookResourceShown(webhook),
    createdAt: webhook.createdAt,
    updatedAt: webhook.updatedAt,
    waiting: doings?.waiting ?? 0,
    deliveredAt: doings?.deliveredAt ?? "",
    failedAt: doings?.failedAt ?? "",
    failure: doings?.failure && storedFailureToMessage(doings.failure),
    givenUp: doings?.givenUp ?? 0,
    dropped: doings?.dropped ?? 0,
  };
}
