import type { WakeUp } from "../wake-up.ts";
import { type AssignmentDesk, assignTasks } from "./assign-tasks.ts";
import { expireLeases } from "./expire-leases.ts";

/** Longest sleep in milliseconds: leases end without anybody saying so. */
const LONGEST_SLEEP_MS = 5_000;

/** The loop that hands out tasks: woken by new tasks, credit and reports; by itself for due retries and ended leases. Ends when `signal` aborts. */
export async function runScheduler(desk: AssignmentDesk, work: WakeUp, signal: AbortSignal): Promise<void> {
  const sweepMs = Math.min(LONGEST_SLEEP_MS, desk.leaseMs / 6);
  let nextSweep = 0;
  while (!signal.aborted) {
    let sleepMs = sweepMs;
    // Before looking for tasks: what falls due while we look must end the sleep, not be overlooked by both.
    const begin = desk.now();
    try {
      if (performance.now() >= nextSweep) {
        await expireLeases(desk);
        nextSweep = performance.now() + sweepMs;
      }
      await assignTasks(desk);
      const due = await desk.store.tasks.nextDue(begin);
      if (due !== undefined) sleepMs = Math.min(sleepMs, Math.max(1, due.getTime() - desk.now().getTime()));
    } catch (thrown) {
      // A full disk, say. What was not handed out is tried again after the sleep.
      desk.log.error({ err: thrown }, "handing out tasks failed");
    }
    await work.sleep(sleepMs, signal);
  }
}
