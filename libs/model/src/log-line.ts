import type { ErrorCode } from "@transship/errors";
import { safeText } from "./safe-text.ts";

/** How much a line matters, from least to most. */
export const LOG_LEVELS = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** Source of the lines that the control plane writes itself; those of an agent have its name. */
export const CONTROL_PLANE_SOURCE = "control-plane";

/** One thing that happened to an execution or a task, before it is stored. */
export interface LogEntry {
  readonly executionId: string;
  /** Undefined for what concerns the execution as a whole. */
  readonly taskId: string | undefined;
  /** ISO 8601, UTC, by the clock of whoever wrote it. */
  readonly at: string;
  readonly level: LogLevel;
  /** Name of the agent, or {@link CONTROL_PLANE_SOURCE}. */
  readonly source: string;
  readonly code: ErrorCode | undefined;
  /** One sentence for people. */
  readonly message: string;
  /** The facts of the sentence, for programs. */
  readonly fields: Readonly<Record<string, string>>;
}

/** A stored line. */
export interface LogLine extends LogEntry {
  /** Place in the execution's log; grows, with gaps where lines made room. */
  readonly sequence: number;
  /** `repository:tag` at the task's source; undefined without a task. */
  readonly artifact: string | undefined;
}

/** Longest message in characters: two errors that quote a registry fit. */
const MOST_MESSAGE = 2_000;
const MOST_FIELDS = 12;
const MOST_FIELD = 300;

/** Levels that matter at least as much as the one given. */
export function levelsFrom(level: LogLevel): readonly LogLevel[] {
  return LOG_LEVELS.slice(LOG_LEVELS.indexOf(level));
}

/** The entry as it may be stored: bounded, on one line, without what looks like a secret. */
export function safeEntry(entry: LogEntry): LogEntry {
  const fields = Object.entries(entry.fields).slice(0, MOST_FIELDS);
  return {
    ...entry,
    message: safeText(entry.message, { most: MOST_MESSAGE }),
    fields: Object.fromEntries(fields.map(([key, value]) => [safeText(key, { most: 60 }), safeText(value, { most: MOST_FIELD })])),
  };
}
