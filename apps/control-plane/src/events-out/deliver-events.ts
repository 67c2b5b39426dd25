import { setTimeout as delay } from "node:timers/promises";
import type { Failure } from "@transship/model";
import type { Delivery, Store } from "@transship/store";
import type { Logger } from "pino";
import type { Metrics } from "../metrics.ts";
import type { WakeUp } from "../wake-up.ts";
import { deliveryDelay } from "./delivery-delay.ts";
import type { Attempt, EventSender } from "./send-event.ts";

/** What delivering needs. */
export interface DeliveryDesk {
  readonly store: Pick<Store, "deliveries">;
  readonly metrics: Pick<Metrics, "delivery">;
  readonly log: Logger;
  readonly now: () => Date;
  /** Wakes the loop: there is something to tell, or a webhook changed. */
  readonly tidings: WakeUp;
}

const GIVE_UP_MS = 24 * 3_600_000;
/** Events that wait for one webhook, at most. */
const MOST_WAITING = 10_000;
/** Webhooks that are told at the same time, each of one event. */
const MOST_AT_ONCE = 8;
/** Longest sleep in milliseconds: a clock that is set to another time wakes nobody. */
const LONGEST_SLEEP_MS = 30_000;
const TRY_AGAIN_MS = 5_000;

/**
 * The loop that tells webhooks: of each the oldest event, until it arrived or is given up, then the next. Ends when `signal` aborts; what was under way then is
 * sent again at the next start, under the same id.
 */
export async function deliverEvents(desk: DeliveryDesk, sender: EventSender, signal: AbortSignal): Promise<void> {
  const busy = new Map<string, Promise<void>>();
  while (!signal.aborted) {
    let sleepMs = LONGEST_SLEEP_MS;
    // One moment for both looks: what falls due between two of them would be overlooked by both.
    const begin = desk.now();
    try {
      await trim(desk);
      const due = await desk.store.deliveries.due(begin);
      for (const delivery of due.filter(({ webhook }) => !busy.has(webhook.name)).slice(0, MOST_AT_ONCE - busy.size)) {
        const { name } = delivery.webhook;
        const done = deliver(desk, sender, delivery, signal).finally(() => {
          busy.delete(name);
          desk.tidings.wake();
        });
        busy.set(name, done);
      }
      const next = await desk.store.deliveries.nextDue(begin);
      if (next !== undefined) sleepMs = Math.min(sleepMs, Math.max(1, next.getTime() - desk.now().getTime()));
    } catch (thrown) {
      desk.log.error({ err: thrown }, "looking for events to tell failed; it is tried again");
      sleepMs = TRY_AGAIN_MS;
    }
    await desk.tidings.sleep(sleepMs, signal);
  }
  await Promise.all(busy.values());
}

/** Never rejects. */
async function deliver(desk: DeliveryDesk, sender: EventSender, delivery: Delivery, signal: AbortSignal): Promise<void> {
  try {
    const attempt = await sender.send(delivery.webhook, delivery.body, signal);
    await record(desk, delivery, attempt);
  } catch (thrown) {
    if (signal.aborted) return;
    desk.log.error({ err: thrown, webhook: delivery.webhook.name }, "an attempt to tell an event was not recorded; it is repeated");
    // A store that fails would otherwise have the same event sent again without a pause.
    await delay(TRY_AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}

async function record(desk: DeliveryDesk, delivery: Delivery, { latencyMs, error, final }: Attempt): Promise<void> {
  const { store, metrics, log } = desk;
  const about = { webhook: delivery.webhook.name, type: delivery.type, latencyMs: Math.round(latencyMs) };
  const now = desk.now();
  if (error === undefined) {
    await store.deliveries.delivered(delivery, now);
    metrics.delivery(about.webhook, "delivered");
    log.debug(about, "event told");
    return;
  }
  const { code, side, message, hint } = error;
  const failure: Failure = { code, side, message, hint };
  const delayMs = deliveryDelay(delivery.failures + 1, error.retryAfterMs ?? 0);
  const retryAt = new Date(now.getTime() + delayMs);
  const givenUp = await store.deliveries.failed(
    delivery,
    { failure, retryAt, giveUpBefore: new Date(now.getTime() - GIVE_UP_MS), final },
    now,
  );
  metrics.delivery(about.webhook, "failed");
  if (givenUp > 0) metrics.delivery(about.webhook, "given-up", givenUp);
  log.warn({ ...about, code, why: message, givenUp, ...(final ? {} : { retryAt }) }, "event not told");
}

async function trim({ store, metrics, log }: DeliveryDesk): Promise<void> {
  for (const { webhook, dropped } of await store.deliveries.trim(MOST_WAITING)) {
    metrics.delivery(webhook, "dropped", dropped);
    log.warn({ webhook, dropped }, "too many events wait for a webhook: the oldest are dropped");
  }
}
