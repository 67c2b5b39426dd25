import { TransshipError } from "@transship/errors";
import type { Instance } from "@transship/model";
import type { TopologyStore } from "@transship/store";
import type { Logger } from "pino";
import { errorAnswer, type HttpAnswer, type HttpReceiver, type HttpRequest } from "../http/http-server.ts";
import type { Metrics } from "../metrics.ts";
import { carriesSecret } from "./check-secret.ts";
import type { HintFollower } from "./follow-hints.ts";
import type { ReadEvent } from "./formats/hint.ts";
import { readEvents } from "./read-events.ts";
import { REFUSAL_COST, SourceRates } from "./source-rates.ts";

/** What receiving events needs. */
export interface WebhookDesk {
  readonly store: { readonly topology: Pick<TopologyStore, "getInstance"> };
  readonly hints: Pick<HintFollower, "follow">;
  readonly metrics: Metrics;
  readonly log: Logger;
  readonly now: () => Date;
}

/** Registries send a few kilobytes. */
const MOST_BODY_BYTES = 1024 * 1024;

/**
 * `POST /webhooks/{instance}`: the events of a registry, which it proves to be its own by the secret of `spec.webhook`. 202 once what they start is stored; 401
 * alike for a wrong secret, an instance without one, and one that does not exist; 400 for what nobody can read; 413, 429; 503 where it could not be stored, so
 * that the registry sends it again.
 */
export function webhookReceiver(desk: WebhookDesk): HttpReceiver {
  const rates = new SourceRates();
  return async (name, request) => {
    const nowMs = desk.now().getTime();
    if (!rates.take(request.remote, nowMs)) return tooMany();
    const instance = await find(desk, name);
    if (!carriesSecret(request.headers, instance?.spec.webhook) || instance === undefined) {
      rates.take(request.remote, nowMs, REFUSAL_COST);
      // Its name only where it exists: strangers must not choose the labels of metrics.
      desk.metrics.eventTaken(instance?.name ?? "", "", "refused");
      return errorAnswer(
        401,
        new TransshipError("UNAUTHENTICATED", { what: "taking events", why: "they do not carry the secret", hint: HINT }),
      );
    }
    return take(desk, instance, request);
  };
}

const HINT = "Give the registry's webhook the header and the secret of the instance's spec.webhook.";

async function take(desk: WebhookDesk, { name: instance }: Instance, request: HttpRequest): Promise<HttpAnswer> {
  const what = `events of ${instance}`;
  const body = await request.readBody(MOST_BODY_BYTES);
  if (body === undefined) return errorAnswer(413, new TransshipError("INVALID_ARGUMENT", { what, why: "the body has more than 1 MiB" }));
  const events = readEvents(body, request.headers["content-type"] ?? "");
  if (events === undefined) {
    desk.metrics.eventTaken(instance, "", "unreadable");
    desk.log.warn({ instance, contentType: request.headers["content-type"]?.slice(0, 100), bytes: body.length }, "events of no known form");
    return errorAnswer(400, new TransshipError("INVALID_ARGUMENT", { what, why: "they are of no form that is known" }));
  }
  count(desk.metrics, instance, events);
  const hints = events.flatMap((event) => (typeof event === "string" ? [] : [event.hint]));
  try {
    if (hints.length > 0) await desk.hints.follow({ instance, trigger: "event", hints, hops: 0 });
  } catch (thrown) {
    desk.log.error({ err: thrown, instance }, "events could not be stored; the registry is asked to send them again");
    return errorAnswer(503, new TransshipError("CONTROL_PLANE_UNREACHABLE", { what, why: "they could not be stored" }));
  }
  return { status: 202, contentType: "application/json", text: `${JSON.stringify({ events: events.length, hints: hints.length })}\n` };
}

function count(metrics: Metrics, instance: string, events: readonly ReadEvent[]): void {
  for (const event of events) if (typeof event === "string") metrics.eventTaken(instance, "", event);
}

async function find({ store }: WebhookDesk, name: string): Promise<Instance | undefined> {
  try {
    return await store.topology.getInstance(name);
  } catch (thrown) {
    if (thrown instanceof TransshipError && thrown.code === "NOT_FOUND") return undefined;
    throw thrown;
  }
}

function tooMany(): HttpAnswer {
  const error = new TransshipError("TOOMANYREQUESTS", { what: "taking events", why: "too many came from this address" });
  return { ...errorAnswer(429, error), headers: { "retry-after": "1" } };
}
