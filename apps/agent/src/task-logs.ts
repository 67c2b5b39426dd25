import { randomUUID } from "node:crypto";
import { logLevelToMessage, type wire } from "@transship/api";
import type { ErrorCode } from "@transship/errors";
import type { LogLevel } from "@transship/model";
import { hideSecrets } from "./hide-secrets.ts";
import type { WorkStream } from "./work-stream.ts";

/** Lines gather for so long before they are sent together, in milliseconds. */
const GATHER_MS = 500;
/** Lines of one message. */
const LINES_AT_ONCE = 500;
/** Lines on their way, unacknowledged. */
const WINDOW = 1_000;
/** Lines that are kept; what comes while there is no room is counted in their place. */
const MOST_LINES = 5_000;

/** What a line is about: a task by its lease, or an execution. */
export type Subject = { readonly lease: wire.LeaseKey } | { readonly executionId: string };

/** What happened, in a sentence and in facts. */
export interface Telling {
  readonly level: LogLevel;
  readonly message: string;
  readonly code?: ErrorCode | undefined;
  readonly facts?: Readonly<Record<string, string | number | undefined>> | undefined;
}

/**
 * Brings log lines to the control plane, in order: kept in memory, sent on whatever stream there is, again on the next one, until acknowledged. A log is
 * worth no disk writes: what is not acknowledged dies with the process, and how each attempt ended is in the reports.
 */
export class TaskLogs implements Disposable {
  readonly #run = randomUUID();
  #lines: wire.TaskLogLine[] = [];
  /** How many of the lines are on their way. */
  #sent = 0;
  #number = 0;
  /** Lines that found no room, by what they are about. */
  readonly #dropped = new Map<string, { readonly about: Subject; count: number }>();
  #stream: WorkStream | undefined;
  /** False where the control plane is too old for logs. */
  #wanted = true;
  #timer: NodeJS.Timeout | undefined;
  #whenEmpty: (() => void)[] = [];

  /** Adds a line; the secrets are hidden in it. */
  add(about: Subject, { level, message, code = undefined, facts = {} }: Telling, secrets: readonly string[]): void {
    if (!this.#wanted) return;
    if (this.#lines.length >= MOST_LINES) {
      this.#drop(about);
      return;
    }
    const given = Object.entries(facts).filter(([, value]) => value !== undefined);
    this.#number += 1;
    this.#lines.push({
      number: this.#number,
      ...subjectFields(about),
      at: new Date().toISOString(),
      level: logLevelToMessage(level),
      code: code ?? "",
      message: hideSecrets(message, secrets),
      fields: Object.fromEntries(given.map(([name, value]) => [name, hideSecrets(String(value), secrets)])),
    });
    this.#timer ??= setTimeout(() => this.flush(), GATHER_MS).unref();
  }

  /** Sends what waits, as far as the window allows. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    while (this.#stream !== undefined && this.#sent < Math.min(this.#lines.length, WINDOW)) {
      const lines = this.#lines.slice(this.#sent, Math.min(this.#sent + LINES_AT_ONCE, WINDOW));
      if (!this.#stream.send({ $case: "log", value: { run: this.#run, lines } })) return;
      this.#sent += lines.length;
    }
  }

  /** From now on lines go to this stream, beginning with all that were never acknowledged. `wanted`: whether the control plane takes any. */
  attach(stream: WorkStream, wanted: boolean): void {
    this.#wanted = wanted;
    this.#stream = wanted ? stream : undefined;
    this.#sent = 0;
    if (!wanted) this.#clear();
    this.flush();
  }

  detach(stream: WorkStream): void {
    if (this.#stream === stream) this.#stream = undefined;
  }

  /** The control plane has lines up to `number`. */
  acknowledge(number: number): void {
    const kept = this.#lines.filter((line) => line.number > number);
    this.#sent = Math.max(0, this.#sent - (this.#lines.length - kept.length));
    this.#lines = kept;
    this.#tellDropped();
    this.flush();
    if (this.#lines.length === 0) this.#tellEmpty();
  }

  /** Resolves when everything is acknowledged. */
  async delivered(): Promise<void> {
    this.flush();
    if (this.#lines.length > 0) await new Promise<void>((resolve) => this.#whenEmpty.push(resolve));
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
  }

  #drop(about: Subject): void {
    const key = JSON.stringify(subjectFields(about));
    const dropped = this.#dropped.get(key) ?? { about, count: 0 };
    dropped.count += 1;
    this.#dropped.set(key, dropped);
  }

  /** There is room again: each log learns how much of it is missing. */
  #tellDropped(): void {
    for (const [key, { about, count }] of this.#dropped) {
      if (this.#lines.length >= MOST_LINES) return;
      this.#dropped.delete(key);
      const message = `${count} lines of the agent are missing before this one: it could not deliver them and had no room for more`;
      this.add(about, { level: "warn", message, facts: { dropped: count } }, []);
    }
  }

  #clear(): void {
    this.#lines = [];
    this.#dropped.clear();
    this.#tellEmpty();
  }

  #tellEmpty(): void {
    for (const tell of this.#whenEmpty.splice(0)) tell();
  }
}

function subjectFields(about: Subject): Pick<wire.TaskLogLine, "lease" | "executionId"> {
  return "lease" in about ? { lease: { ...about.lease } } : { lease: undefined, executionId: about.executionId };
}
