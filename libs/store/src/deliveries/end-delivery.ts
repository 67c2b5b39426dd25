import type { Insertable } from "kysely";
import { sql } from "kysely";
import type { Tx } from "../database.ts";
import type { Delivery, FailedAttempt } from "../delivery-store.ts";
import { failureText } from "../failure-text.ts";
import type { Tables } from "../tables.ts";

type Change = Omit<Insertable<Tables["webhook_states"]>, "webhook" | "given_up" | "dropped">;

/** Removes an event that arrived; its webhook need not wait any more. */
export async function delivered(tx: Tx, { seq, webhook }: Delivery, now: string): Promise<void> {
  await tx.deleteFrom("deliveries").where("seq", "=", seq).execute();
  await note(tx, webhook.name, { delivered_at: now, failures: 0, retry_at: null }, {});
}

/** Records an attempt that failed. Returns how many events are given up. */
export async function failed(tx: Tx, delivery: Delivery, attempt: FailedAttempt, now: string): Promise<number> {
  const { seq, webhook } = delivery;
  const gone = await tx
    .deleteFrom("deliveries")
    .where("webhook", "=", webhook.name)
    .where((or) => or.or([or("created_at", "<", attempt.giveUpBefore.toISOString()), ...(attempt.final ? [or("seq", "=", seq)] : [])]))
    .returning("seq")
    .execute();
  const why = { failed_at: now, failure: failureText(attempt.failure) };
  const wait = attempt.final
    ? { failures: 0, retry_at: null }
    : { failures: delivery.failures + 1, retry_at: attempt.retryAt.toISOString() };
  await note(tx, webhook.name, { ...why, ...wait }, { givenUp: gone.length });
  return gone.length;
}

/** Drops the oldest events of webhooks for which more than `most` wait. */
export async function trim(tx: Tx, most: number): Promise<{ webhook: string; dropped: number }[]> {
  const full = await tx
    .selectFrom("deliveries")
    .select(["webhook", (eb) => eb.fn.countAll<number>().as("waiting")])
    .groupBy("webhook")
    .having((eb) => eb.fn.countAll<number>(), ">", most)
    .execute();
  for (const { webhook, waiting } of full) {
    const oldest = tx
      .selectFrom("deliveries")
      .select("seq")
      .where("webhook", "=", webhook)
      .orderBy("seq")
      .limit(waiting - most);
    await tx.deleteFrom("deliveries").where("seq", "in", oldest).execute();
    await note(tx, webhook, {}, { dropped: waiting - most });
  }
  return full.map(({ webhook, waiting }) => ({ webhook, dropped: waiting - most }));
}

/** Changes what is known of a webhook, which may be gone. */
async function note(tx: Tx, webhook: string, change: Change, { givenUp = 0, dropped = 0 }): Promise<void> {
  const there = await tx.selectFrom("webhooks").select("name").where("name", "=", webhook).executeTakeFirst();
  if (there === undefined) return;
  await tx
    .insertInto("webhook_states")
    .values({ webhook, ...change, given_up: givenUp, dropped })
    .onConflict((conflict) =>
      conflict.column("webhook").doUpdateSet({
        ...change,
        given_up: sql<number>`webhook_states.given_up + excluded.given_up`,
        dropped: sql<number>`webhook_states.dropped + excluded.dropped`,
      }),
    )
    .execute();
}
