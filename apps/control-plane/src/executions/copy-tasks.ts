import { WakeUp } from "../wake-up.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/** Time between two looks in milliseconds: many tasks may end in it. */
const PAUSE_MS = 25;

/** Phase `copying`: waits until every task of the execution is final. Agents do the work; their reports end the wait. */
export async function copyTasks(desk: ExecutionDesk, execution: string, signal: AbortSignal): Promise<void> {
  using watcher = desk.changes.watch(execution, "state");
  desk.work.wake();
  const pause = new WakeUp();
  while (await desk.store.tasks.anyUnfinished(execution)) {
    const looked = performance.now();
    await watcher.next(signal);
    await pause.sleep(Math.max(0, looked + PAUSE_MS - performance.now()), signal);
    signal.throwIfAborted();
  }
}
