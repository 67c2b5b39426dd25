import type { TopologySnapshot } from "../topology/topology-snapshot.ts";
import { WakeUp } from "../wake-up.ts";
import { type AssignmentDesk, assignTasks } from "./assign-tasks.ts";
import { expireLeases } from "./expire-leases.ts";
import { pauseOutsideWindow, type ToldOfPauses } from "./pause-outside-window.ts";

/** Longest sleep in milliseconds: leases end without anybody saying so. */
const LONGEST_SLEEP_MS = 5_000;

/** Least time between two looks in milliseconds: what a hundred agents ask for in it is one look's work and one transaction. Who comes after a rest waits for none. */
const PAUSE_MS = 10;

/** The loop that hands out tasks: woken by new tasks, credit and reports; by itself for due retries, ended leases, and windows that open or close. Ends when `signal` aborts. */
export async function runScheduler(desk: AssignmentDesk, work: WakeUp, signal: AbortSignal): Promise<void> {
  const sweepMs = Math.min(LONGEST_SLEEP_MS, desk.leaseMs / 6);
  const told: ToldOfPauses = { tasks: new WeakMap(), executions: new Set() };
  let nextSweep = 0;
  let windowChange: Date | undefined;
  let known: TopologySnapshot | undefined;
  const pause = new WakeUp();
  while (!signal.aborted) {
    const looked = performance.now();
    let sleepMs = sweepMs;
    // Before looking for tasks: what falls due while we look must end the sleep, not be overlooked by both.
    const begin = desk.now();
    try {
      const swept = performance.now() >= nextSweep;
      if (swept) {
        await expireLeases(desk);
        windowChange = await pauseOutsideWindow(desk, told);
        nextSweep = performance.now() + sweepMs;
      } else if (windowChange !== undefined && windowChange <= begin) windowChange = await pauseOutsideWindow(desk, told);
      // Limits that changed count at once; what of the work was not heard to end, from the next sweep on.
      const topology = await desk.topology.current();
      if (swept || topology !== known) await refreshBudgets(desk, topology);
      known = topology;
      await assignTasks(desk);
      for (const due of [await desk.store.tasks.nextDue(begin), windowChange]) {
        if (due !== undefined) sleepMs = Math.min(sleepMs, Math.max(1, due.getTime() - desk.now().getTime()));
      }
    } catch (thrown) {
      // A full disk, say. What was not handed out is tried again after the sleep.
      desk.log.error({ err: thrown }, "handing out tasks failed");
    }
    await work.sleep(sleepMs, signal);
    await pause.sleep(Math.max(0, looked + PAUSE_MS - performance.now()), signal);
  }
}

async function refreshBudgets({ store, budgets }: AssignmentDesk, { limitedInstances, limitedRules }: TopologySnapshot): Promise<void> {
  budgets.refresh(limitedInstances, limitedRules, await store.tasks.held());
}
