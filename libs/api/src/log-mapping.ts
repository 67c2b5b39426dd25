import { isErrorCode } from "@transship/errors";
import type { LogEntry, LogLevel, LogLine } from "@transship/model";
import { LogLevel as LogLevelMessage, type LogLine as LogLineMessage } from "./gen/transship/v1/log.ts";
import type { TaskLogLine } from "./gen/transship/v1/work.ts";

const LEVELS = {
  debug: LogLevelMessage.DEBUG,
  info: LogLevelMessage.INFO,
  warn: LogLevelMessage.WARN,
  error: LogLevelMessage.ERROR,
} as const satisfies Record<LogLevel, LogLevelMessage>;

export function logLevelToMessage(level: LogLevel): LogLevelMessage {
  return LEVELS[level];
}

/** Undefined for unspecified, and for a level of a newer peer. */
export function logLevelFromMessage(message: LogLevelMessage): LogLevel | undefined {
  return (Object.keys(LEVELS) as LogLevel[]).find((level) => LEVELS[level] === message);
}

/** A stored line as the message that travels. */
export function logLineToMessage(line: LogLine): LogLineMessage {
  return {
    sequence: line.sequence,
    executionId: line.executionId,
    taskId: line.taskId ?? "",
    artifact: line.artifact ?? "",
    at: line.at,
    level: logLevelToMessage(line.level),
    source: line.source,
    code: line.code ?? "",
    message: line.message,
    fields: { ...line.fields },
  };
}

/** What a line of an agent says; a code that is not known becomes part of the sentence, a moment that is none becomes `now`. */
export function logEntryFromMessage(message: TaskLogLine, executionId: string, source: string, now: Date): LogEntry {
  const { code } = message;
  const known = isErrorCode(code) ? code : undefined;
  return {
    executionId,
    taskId: message.lease?.taskId,
    at: isMoment(message.at) ? message.at : now.toISOString(),
    level: logLevelFromMessage(message.level) ?? "info",
    source,
    code: known,
    message: known === undefined && code !== "" ? `${message.message} (${code})` : message.message,
    fields: message.fields,
  };
}

/** In the one form that sorts as text. */
function isMoment(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/.test(text) && !Number.isNaN(Date.parse(text));
}
