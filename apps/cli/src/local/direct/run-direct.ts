import { copyDirect, type DirectOptions } from "@transship/agent";
import { executionToMessage } from "@transship/api";
import { CODES, EXIT, type ExitCode, TransshipError } from "@transship/errors";
import { pino } from "pino";
import type { Call } from "../../command.ts";
import { OUTCOME_EXITS, reportOutcome } from "../../commands/follow-execution.ts";
import { type ExecutionDocument, executionDocument } from "../../documents/execution.ts";
import { executions } from "../../nouns/execution.ts";
import { printDocument } from "../../output/print.ts";
import { showProgress } from "../../progress/show-progress.ts";
import type { CheckpointFiles } from "./state-directory.ts";

/** What is copied under one name. */
export type DirectWork = Pick<DirectOptions, "pairs" | "parallel">;

/** Copies pairs in this process, with progress on stderr. */
export async function copyWithProgress(call: Call, rule: string, files: CheckpointFiles, work: DirectWork): Promise<ExecutionDocument> {
  using progress = showProgress(call.streams.err, rule);
  const logger = pino({ level: "warn" }, { write: (line) => progress.note(noteOf(line)) });
  const { execution, failedTasks } = await copyDirect({
    ...work,
    rule,
    checkpoint: { path: files.path },
    spoolDirectory: files.spool,
    logger,
    signal: call.signal,
    onProgress: (now) => progress.update(executionDocument(executionToMessage(now)).status),
  });
  return executionDocument(executionToMessage(execution, failedTasks));
}

/**
 * Says how it ended and prints the Execution. Returns the exit code: where all failures mean the same to a caller (not found, not allowed, unavailable)
 * that, else failed or partial.
 * @throws TransshipError `INTERRUPTED` where the user ended it.
 */
export async function concludeDirect(call: Call, end: ExecutionDocument): Promise<ExitCode> {
  reportOutcome(call, end);
  await printDocument(call, end, executions);
  if (call.signal.aborted) {
    throw new TransshipError("INTERRUPTED", { what: end.metadata.rule ?? "this copy", why: "interrupted", cause: call.signal.reason });
  }
  const { state, failures } = end.status;
  if (state !== "failed") return OUTCOME_EXITS[state as keyof typeof OUTCOME_EXITS] ?? EXIT.failed;
  const [first, ...others] = new Set(failures.map((failure) => CODES[failure.code].exit));
  return first !== undefined && others.length === 0 ? first : EXIT.failed;
}

/** A warning of the engine as a line for people. */
function noteOf(line: string): string {
  const { msg, code, reason, waitMs } = JSON.parse(line) as { msg?: string; code?: string; reason?: string; waitMs?: number };
  const wait = waitMs === undefined ? "" : ` in ${(waitMs / 1000).toFixed(1)} s`;
  return [reason, `${msg ?? ""}${wait}`, code].filter((part) => part !== undefined && part !== "").join(" · ");
}
