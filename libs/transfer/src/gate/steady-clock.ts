import { setTimeout as wait } from "node:timers/promises";
import type { Clock } from "./alarm.ts";

/** The clock of this process that does not jump when the system's is set. */
export const STEADY_CLOCK: Clock = {
  now: () => performance.timeOrigin + performance.now(),
  sleep: async (milliseconds, signal) => {
    // Node's timers take less than 2^31 ms; whoever is woken too early looks at the clock and sleeps again.
    await wait(Math.min(milliseconds, 2 ** 31 - 1), undefined, { signal });
  },
};
