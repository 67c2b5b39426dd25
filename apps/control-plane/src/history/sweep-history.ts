import { setTimeout as delay } from "node:timers/promises";
import type { Store } from "@transship/store";
import type { Logger } from "pino";
import type { HistoryLimits } from "../options.ts";

/** What sweeping needs. */
export interface HistoryDesk {
  readonly store: Store;
  readonly log: Logger;
  readonly now: () => Date;
}

const DAY_MS = 86_400_000;
/** Time between two sweeps, in milliseconds. */
const EVERY_MS = 3_600_000;
/** Tasks or log lines forgotten in one transaction, and the pause after it in milliseconds, in which everybody else gets a turn. */
const ROWS_AT_ONCE = 500;
const PAUSE_MS = 20;

/** The loop that forgets executions and saved plans that need not be kept. Ends when `signal` aborts. */
export async function sweepHistory(desk: HistoryDesk, limits: HistoryLimits, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      const forgotten = await sweepOnce(desk, limits, signal);
      if (forgotten > 0) desk.log.info({ executions: forgotten }, "history swept");
    } catch (thrown) {
      // A full disk, say: the history is no reason to end.
      if (!signal.aborted) desk.log.error({ err: thrown }, "sweeping the history failed");
    }
    await delay(EVERY_MS, undefined, { signal }).catch(() => undefined);
  }
}

/** How many executions were forgotten. */
async function sweepOnce({ store, now }: HistoryDesk, { executions, days }: HistoryLimits, signal: AbortSignal): Promise<number> {
  const before = new Date(now().getTime() - days * DAY_MS);
  await store.plans.forget(before);
  for (let forgotten = 0; ; forgotten++) {
    const id = await store.executions.nextToForget({ keep: executions, before });
    if (id === undefined) return forgotten;
    while (!(await store.executions.forget(id, ROWS_AT_ONCE))) await delay(PAUSE_MS, undefined, { signal });
    await delay(PAUSE_MS, undefined, { signal });
  }
}
