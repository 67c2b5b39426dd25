import type { EventType, Failure, Webhook } from "@transship/model";

/** Something to tell every webhook that wants it. */
export interface OutgoingEvent {
  readonly id: string;
  readonly type: EventType;
  /** The rule that it is about; undefined = none. */
  readonly rule: string | undefined;
  /** What is sent, the same at each attempt. */
  readonly body: string;
}

/** An event that waits to be told to a webhook. */
export interface Delivery {
  readonly seq: number;
  readonly webhook: Webhook;
  readonly type: EventType;
  readonly body: string;
  /** Attempts for this webhook that failed in a row, of this event or of those before it. */
  readonly failures: number;
}

/** What an attempt that failed leads to. */
export interface FailedAttempt {
  readonly failure: Failure;
  /** Nothing is sent to the webhook before. */
  readonly retryAt: Date;
  /** Events of the webhook that are older are given up. */
  readonly giveUpBefore: Date;
  /** Whether this event is given up at once, whatever its age, since the same request would fail again; the next one need not wait then. */
  readonly final: boolean;
}

/** How a webhook does. Moments are ISO 8601, UTC. */
export interface WebhookState {
  readonly waiting: number;
  readonly deliveredAt: string | undefined;
  readonly failedAt: string | undefined;
  readonly failure: Failure | undefined;
  /** Events that were not delivered in time, of all time. */
  readonly givenUp: number;
  /** Events that were dropped for newer ones since too many waited, of all time. */
  readonly dropped: number;
}

/**
 * Events on their way out, for each webhook in the order in which they happened. Everything here goes with its webhook. A method that names a webhook which is
 * gone does nothing.
 */
export interface DeliveryStore {
  /** Keeps an event for every enabled webhook that wants it. Returns their names. */
  post(event: OutgoingEvent, now: Date): Promise<string[]>;
  /** The oldest event of each enabled webhook that need not wait, by webhook. */
  due(now: Date): Promise<Delivery[]>;
  /** When the first enabled webhook with events that has to wait need not wait any more; undefined = none has to. */
  nextDue(now: Date): Promise<Date | undefined>;
  /** Removes an event that arrived. */
  delivered(delivery: Delivery, now: Date): Promise<void>;
  /** Records an attempt that failed. Returns how many events are given up because of it. */
  failed(delivery: Delivery, attempt: FailedAttempt, now: Date): Promise<number>;
  /** Drops the oldest events of webhooks for which more than `most` wait. */
  trim(most: number): Promise<{ readonly webhook: string; readonly dropped: number }[]>;
  /** How webhooks do, by name; those of which nothing is known are left out. */
  states(): Promise<ReadonlyMap<string, WebhookState>>;
}
