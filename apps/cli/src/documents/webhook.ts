import { webhookResourceFromMessage, type wire } from "@transship/api";
import type { WebhookSpec } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** A webhook as JSON has it; without the secret, which nobody is shown again. */
export interface WebhookDocument extends Document {
  readonly kind: "Webhook";
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly createdAt?: string;
    readonly updatedAt?: string;
  };
  readonly spec: Omit<WebhookSpec, "secret">;
  readonly status: {
    /** Events that wait to be delivered. */
    readonly waiting: number;
    readonly deliveredAt?: string;
    readonly failedAt?: string;
    /** Why the last attempt that failed did. */
    readonly failure?: FailureDocument;
    /** Events that were not delivered in time, or refused for good; of all time. */
    readonly givenUp: number;
    /** Events that were dropped since too many waited; of all time. */
    readonly dropped: number;
  };
}

/** A webhook of the wire as JSON. */
export function webhookDocument(message: wire.Webhook): WebhookDocument {
  const resource = message.resource ?? { name: "", labels: {}, spec: undefined };
  const { secret: _secret, ...spec } = (webhookResourceFromMessage(resource) as { spec: WebhookSpec }).spec;
  const failure = failureDocument(message.failure);
  return {
    apiVersion: "transship/v1",
    kind: "Webhook",
    metadata: { name: resource.name, labels: resource.labels, ...present({ createdAt: message.createdAt, updatedAt: message.updatedAt }) },
    spec,
    status: {
      waiting: message.waiting,
      ...present({ deliveredAt: message.deliveredAt, failedAt: message.failedAt }),
      ...(failure === undefined ? {} : { failure }),
      givenUp: message.givenUp,
      dropped: message.dropped,
    },
  };
}
