import { z } from "zod";
import { runnableName } from "./names.ts";

/** What a webhook can be told of. */
export const EVENT_TYPES = [
  "execution.succeeded",
  "execution.partial",
  "execution.failed",
  "agent.lost",
  "schedule.missed",
  "conflict.detected",
  "drift.found",
] as const;
export type EventType = (typeof EVENT_TYPES)[number];

const webhookUrl = z.string().superRefine((text, context) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    context.addIssue({ code: "custom", message: "must be an https:// (or http://) URL" });
  } else if (url.username !== "" || url.password !== "") {
    context.addIssue({ code: "custom", message: "must not hold a user name or password" });
  }
});

/** Where to tell what happens: CloudEvents by POST, signed. */
export const webhookSpecSchema = z.strictObject({
  url: webhookUrl,
  /** Key of the signature (HMAC-SHA-256). */
  secret: z.string().min(16, "must have at least 16 characters"),
  /** Absent = all. */
  events: z
    .array(z.enum(EVENT_TYPES, { error: `must be one of: ${EVENT_TYPES.join(", ")}` }))
    .min(1)
    .optional(),
  /** Only events of these rules, or edges (`REPLICATION:REPLICA`); absent = all. */
  rules: z.array(runnableName).min(1).optional(),
  /** Whether the URL may lead to private and loopback addresses. Link-local and metadata addresses never are allowed. */
  allowPrivate: z.boolean().default(false),
  enabled: z.boolean().default(true),
});

export type WebhookSpec = z.infer<typeof webhookSpecSchema>;

/** Whether a webhook is to be told of an event. One that is limited to rules hears nothing of what is about no rule. */
export function wantsEvent(spec: WebhookSpec, event: { readonly type: EventType; readonly rule: string | undefined }): boolean {
  if (!spec.enabled || (spec.events !== undefined && !spec.events.includes(event.type))) return false;
  return spec.rules === undefined || (event.rule !== undefined && spec.rules.includes(event.rule));
}

/** A webhook as stored. */
export interface Webhook {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: WebhookSpec;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}
