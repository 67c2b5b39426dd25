import type { ExecutionDesk } from "./execution-desk.ts";

/** Phase `copying`: waits until every task of the execution is final. Agents do the work; their reports end the wait. */
export async function copyTasks(desk: ExecutionDesk, execution: string, signal: AbortSignal): Promise<void> {
  using watcher = desk.changes.watch(execution, "state");
  desk.work.wake();
  while (await desk.store.tasks.anyUnfinished(execution)) {
    await watcher.next(signal);
    signal.throwIfAborted();
  }
}
