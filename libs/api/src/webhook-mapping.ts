import { API_VERSION, type Webhook, type WebhookResource } from "@transship/model";
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
export function webhookResourceShown(webhook: Webhook): wire.WebhookResource {
  return webhookResourceToMessage({
    apiVersion: API_VERSION,
    kind: "Webhook",
    metadata: { name: webhook.name, labels: { ...webhook.labels } },
    spec: { ...webhook.spec, secret: "" },
  });
}
