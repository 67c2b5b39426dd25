import { WakeUp } from "./wake-up.ts";

/** What changed in an execution: how far its tasks are, or its state or that of a task. */
export type Change = "progress" | "state";

/** Someone who waits for changes of an execution. */
export interface Watcher extends Disposable {
  /** Ends at the next change, or when `signal` aborts; at once for a change since the last call. */
  next(signal: AbortSignal): Promise<void>;
}

/** Tells those who wait that an execution changed. Within one process; what changed is in the store. */
export class Changes {
  readonly #watchers = new Map<string, Set<{ readonly only: Change | undefined; readonly wakeUp: WakeUp }>>();

  notify(executionId: string, change: Change): void {
    for (const watcher of this.#watchers.get(executionId) ?? []) {
      if (watcher.only === undefined || watcher.only === change) watcher.wakeUp.wake();
    }
  }

  /** Waits for changes of one kind, or of any. */
  watch(executionId: string, only?: Change): Watcher {
    const watcher = { only, wakeUp: new WakeUp() };
    const all = this.#watchers.get(executionId) ?? new Set();
    this.#watchers.set(executionId, all.add(watcher));
    return {
      next: (signal) => watcher.wakeUp.sleep(undefined, signal),
      [Symbol.dispose]: () => {
        all.delete(watcher);
        if (all.size === 0 && this.#watchers.get(executionId) === all) this.#watchers.delete(executionId);
      },
    };
  }
}
