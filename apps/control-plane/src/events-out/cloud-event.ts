import { randomUUID } from "node:crypto";
import type { EventType } from "@transship/model";
import type { OutgoingEvent } from "@transship/store";

/** The media type of an event (CloudEvents 1.0, JSON format). */
export const EVENT_MEDIA_TYPE = "application/cloudevents+json";

/** Before our own names of events, as CloudEvents asks for; receivers match on it, so it never changes. */
const TYPE_PREFIX = "dev.transship.";
const SOURCE = "/transship/control-plane";

/** What there is to tell. */
export interface Told {
  /** What it is about: `executions/ID`, `agents/NAME`, `rules/NAME`, `webhooks/NAME`. */
  readonly subject: string;
  readonly at: Date;
  /** Plain JSON, bounded by the caller. */
  readonly data: object;
}

/** An event for webhooks. The id is in the body, which is stored: it stays the same at each attempt, and for each webhook. */
export function outgoingEvent(type: EventType, rule: string | undefined, told: Told): OutgoingEvent {
  const id = randomUUID();
  return { id, type, rule, body: cloudEvent(id, type, told) };
}

/** The event that a test of a webhook sends; of a type of its own, which cannot be subscribed to. */
export function testEvent(webhook: string, at: Date): string {
  return cloudEvent(randomUUID(), "webhook.test", { subject: `webhooks/${webhook}`, at, data: { webhook } });
}

/** @see https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md */
function cloudEvent(id: string, type: EventType | "webhook.test", { subject, at, data }: Told): string {
  return JSON.stringify({
    specversion: "1.0",
    id,
    source: SOURCE,
    type: `${TYPE_PREFIX}${type}`,
    subject,
    time: at.toISOString(),
    datacontenttype: "application/json",
    data,
  });
}
