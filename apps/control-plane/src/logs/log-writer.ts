import { type LogEntry, safeEntry } from "@transship/model";
import type { LogCursor, LogStore } from "@transship/store";
import type { Logger } from "pino";
import { Changes, type Watcher } from "../changes.ts";
import { WakeUp } from "../wake-up.ts";

/** Time in which lines gather before they are written together, in milliseconds: each write reaches the disk. */
const PAUSE_MS = 200;
/** Time until lines that could not be written are tried again, in milliseconds. */
const AGAIN_MS = 2_000;
/** Lines that wait at most while the store refuses them; agents hold back theirs by themselves. */
const MOST_PENDING = 20_000;

/** Lines of an agent, with what to do once they are stored. */
export interface AgentLines {
  readonly entries: readonly LogEntry[];
  readonly cursor: LogCursor;
  readonly onStored: () => void;
}

/** Brings log lines to the store, in the order in which they come, many at once. */
export class LogWriter {
  readonly #store: LogStore;
  readonly #log: Logger;
  readonly #wakeUp = new WakeUp();
  readonly #stored = new Changes();
  #pending: LogEntry[] = [];
  #cursors = new Map<string, LogCursor>();
  #whenStored: (() => void)[] = [];
  /** Lines that found no room, by execution. */
  readonly #lost = new Map<string, number>();
  #writing: Promise<unknown> = Promise.resolve();

  constructor(store: LogStore, log: Logger) {
    this.#store = store;
    this.#log = log;
  }

  add(entry: LogEntry): void {
    if (this.#pending.length >= MOST_PENDING) {
      this.#lost.set(entry.executionId, (this.#lost.get(entry.executionId) ?? 0) + 1);
      return;
    }
    this.#pending.push(safeEntry(entry));
    this.#wakeUp.wake();
  }

  addOfAgent({ entries, cursor, onStored }: AgentLines): void {
    for (const entry of entries) this.#pending.push(safeEntry(entry));
    this.#cursors.set(cursor.agent, cursor);
    this.#whenStored.push(onStored);
    this.#wakeUp.wake();
  }

  /** Waits for new lines of an execution. */
  watch(executionId: string): Watcher {
    return this.#stored.watch(executionId);
  }

  /** Ends when what was added before is stored, or could not be. Never rejects. */
  flush(): Promise<unknown> {
    this.#writing = this.#writing.then(() => this.#write());
    return this.#writing;
  }

  /** The loop that writes. Ends when `signal` aborts, with everything written. */
  async run(signal: AbortSignal): Promise<void> {
    const pause = new WakeUp();
    while (!signal.aborted) {
      await this.#wakeUp.sleep(undefined, signal);
      await pause.sleep(PAUSE_MS, signal);
      await this.flush();
      if (this.#pending.length === 0) continue;
      await pause.sleep(AGAIN_MS, signal);
      this.#wakeUp.wake();
    }
    await this.flush();
  }

  async #write(): Promise<void> {
    const [entries, cursors, told] = [this.#pending, this.#cursors, this.#whenStored];
    if (entries.length === 0 && told.length === 0) return;
    [this.#pending, this.#cursors, this.#whenStored] = [[], new Map(), []];
    try {
      await this.#store.append({ entries, cursors: [...cursors.values()] });
    } catch (thrown) {
      // A full disk, say. What came meanwhile comes after it.
      this.#log.warn({ err: thrown, lines: entries.length }, "log lines not written; tried again soon");
      this.#pending = [...entries, ...this.#pending];
      this.#cursors = new Map([...cursors, ...this.#cursors]);
      this.#whenStored = [...told, ...this.#whenStored];
      return;
    }
    for (const tell of told) tell();
    for (const executionId of new Set(entries.map((entry) => entry.executionId))) this.#stored.notify(executionId, "progress");
    this.#tellLost(entries.at(-1));
  }

  #tellLost(model: LogEntry | undefined): void {
    if (model === undefined) return;
    for (const [executionId, lines] of this.#lost) {
      this.#lost.delete(executionId);
      const message = `${lines} lines of the control plane are missing here: its database could not be written`;
      const { at } = model;
      const none = { taskId: undefined, code: undefined };
      this.add({ executionId, at, level: "warn", source: "control-plane", message, fields: { lost: String(lines) }, ...none });
    }
  }
}
