import { logLevelFromMessage, type wire } from "@transship/api";
import type { LogLevel } from "@transship/model";

/** A line of a log as JSON has it. */
export interface LogLineDocument {
  readonly sequence: number;
  /** ISO 8601, UTC, by the clock of whoever wrote it. */
  readonly at: string;
  readonly level: LogLevel;
  /** `control-plane`, or the name of the agent. */
  readonly source: string;
  readonly execution: string;
  readonly task: string | null;
  readonly artifact: string | null;
  readonly code: string | null;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

/** A line of the wire as JSON. */
export function logLineDocument(line: wire.LogLine): LogLineDocument {
  const orNull = (text: string) => (text === "" ? null : text);
  return {
    sequence: line.sequence,
    at: line.at,
    level: logLevelFromMessage(line.level) ?? "info",
    source: line.source,
    execution: line.executionId,
    task: orNull(line.taskId),
    artifact: orNull(line.artifact),
    code: orNull(line.code),
    message: line.message,
    fields: line.fields,
  };
}
