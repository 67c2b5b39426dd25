import type { ErrorCode } from "@transship/errors";
import { CONTROL_PLANE_SOURCE, type LogLevel } from "@transship/model";
import type { Logger } from "pino";
import type { LogWriter } from "./log-writer.ts";

/** What a sentence is about, for programs. */
export interface LogFacts {
  /** Id of the task; absent = the execution as a whole. */
  readonly task?: string | undefined;
  readonly code?: ErrorCode | undefined;
  readonly [name: string]: string | number | undefined;
}

type Tell = (executionId: string, message: string, facts?: LogFacts) => void;

/** Tells what happens to an execution: to its own log, which users read, and to the log of the process. */
export type ExecutionLog = { readonly [L in LogLevel]: Tell };

/** Writes to both. */
export function executionLog(log: Logger, writer: LogWriter, now: () => Date): ExecutionLog {
  const tell =
    (level: LogLevel): Tell =>
    (executionId, message, facts = {}) => {
      log[level]({ execution: executionId, ...facts }, message);
      const { task, code, ...rest } = facts;
      const given = Object.entries(rest).filter(([, value]) => value !== undefined);
      const fields = Object.fromEntries(given.map(([name, value]) => [name, String(value)]));
      writer.add({ executionId, taskId: task, at: now().toISOString(), level, source: CONTROL_PLANE_SOURCE, code, message, fields });
    };
  return { debug: tell("debug"), info: tell("info"), warn: tell("warn"), error: tell("error") };
}
