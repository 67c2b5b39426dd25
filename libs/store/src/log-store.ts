import type { LogEntry, LogLevel, LogLine } from "@transship/model";

/** Up to where the lines of an agent are stored: what makes a batch that is delivered twice a no-op. */
export interface LogCursor {
  readonly agent: string;
  /** Names the agent's process, which counts its lines. */
  readonly run: string;
  /** The highest number. */
  readonly number: number;
}

/** Entries that are stored together. */
export interface LogBatch {
  readonly entries: readonly LogEntry[];
  readonly cursors: readonly LogCursor[];
}

/** Which lines. */
export interface LogFilter {
  readonly executionId: string;
  readonly taskId?: string | undefined;
  /** Text in the message, code, source or task, whatever the case (of ASCII letters). */
  readonly search?: string | undefined;
  /** The least that a line must matter; absent = all. */
  readonly level?: LogLevel | undefined;
}

/** What happened in executions, line by line. Bounded for each execution, and deleted with it. */
export interface LogStore {
  /**
   * Gives the entries their places behind what their executions have, and keeps the cursors. Entries of unknown executions are left out. Where an execution has too
   * much, lines of finished tasks that matter least make room, the oldest first, and a line in their place counts them.
   */
  append(batch: LogBatch): Promise<void>;
  /** Lines after a place, in order, at most `limit`. */
  after(filter: LogFilter, sequence: number, limit: number): Promise<LogLine[]>;
  /** The last lines, in order, at most `limit`. */
  last(filter: LogFilter, limit: number): Promise<LogLine[]>;
  /** Up to where an agent's lines are stored; undefined = none of it. */
  cursor(agent: string): Promise<LogCursor | undefined>;
}
