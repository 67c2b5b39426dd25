import { setTimeout as sleep } from "node:timers/promises";
import type { wire } from "@transship/api";
import { EXIT, type ExitCode, TransshipError } from "@transship/errors";
import { EXECUTION_TRANSITIONS, type ExecutionState, isFinal } from "@transship/model";
import type { Call } from "../command.ts";
import type { ControlPlane } from "../connection/control-plane.ts";
import { type ExecutionDocument, executionDocument } from "../documents/execution.ts";
import { executions } from "../nouns/execution.ts";
import { printDocument, printList } from "../output/print.ts";
import { failureLines, outcomeLine } from "../progress/progress-text.ts";
import { type Progress, showProgress } from "../progress/show-progress.ts";
import { formatDuration } from "../quantities.ts";

/** How long a control plane may be away before waiting gives up: it may be restarting. */
const PATIENCE_MS = 300_000;
const RETRY_MS = 1000;

/** What the exit code says of how an execution ended. */
export const OUTCOME_EXITS = {
  succeeded: EXIT.ok,
  partial: EXIT.partial,
  failed: EXIT.failed,
  stopped: EXIT.failed,
} as const satisfies Partial<Record<ExecutionState, ExitCode>>;

/** Follows executions one after the other to their ends and prints them; the exit code is that of the first that did not succeed. */
export async function followAll(call: Call, controlPlane: ControlPlane, opened: readonly wire.Execution[]): Promise<ExitCode> {
  const ends: ExecutionDocument[] = [];
  for (const execution of opened) {
    const end = await followExecution(call, controlPlane, execution);
    reportOutcome(call, end);
    ends.push(end);
  }
  await printList(call, ends, executions);
  const bad = ends.find(({ status }) => status.state !== "succeeded");
  return bad === undefined ? EXIT.ok : (OUTCOME_EXITS[bad.status.state as keyof typeof OUTCOME_EXITS] ?? EXIT.failed);
}

/** Prints an execution that was just opened or, with `--wait`, follows it to its end and prints that. */
export async function printOrFollow(call: Call, controlPlane: ControlPlane, opened: wire.Execution): Promise<ExitCode> {
  if (!call.settings.flag("wait")) {
    await printDocument(call, executionDocument(opened), executions);
    return EXIT.ok;
  }
  const end = await followExecution(call, controlPlane, opened);
  reportOutcome(call, end);
  await printDocument(call, end, executions);
  return OUTCOME_EXITS[end.status.state as keyof typeof OUTCOME_EXITS] ?? EXIT.failed;
}

/** Says on stderr how an execution ended, and why where it did not succeed. */
export function reportOutcome(call: Call, end: ExecutionDocument): void {
  const { createdAt, finishedAt } = end.metadata;
  const ms = createdAt === undefined || finishedAt === undefined ? undefined : Date.parse(finishedAt) - Date.parse(createdAt);
  const lines = [...failureLines(end.status, 10), outcomeLine(end.metadata.rule ?? end.metadata.id, end.status, ms)];
  call.streams.err.write(`${lines.join("\n")}\n`);
}

/**
 * Shows progress until the execution is final.
 * @throws TransshipError `WAIT_TIMED_OUT` after `--timeout`, `INTERRUPTED` on Ctrl-C (the work goes on in both cases), `CONTROL_PLANE_UNREACHABLE` when it stays away.
 */
async function followExecution(call: Call, controlPlane: ControlPlane, opened: wire.Execution): Promise<ExecutionDocument> {
  const timeoutMs = call.settings.number("timeout");
  const timeout = timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs);
  const signal = timeout === undefined ? call.signal : AbortSignal.any([call.signal, timeout]);
  using progress = showProgress(call.streams.err, opened.rule);
  progress.update(executionDocument(opened).status);
  const watching = watchToEnd(controlPlane, opened.id, progress, signal);
  // The stream knows only the signal of the whole command; the time limit ends the wait from outside.
  const ended = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  try {
    return await Promise.race([watching, ended]);
  } catch (error) {
    watching.catch(() => undefined);
    throw stillRunning(error, call, opened.id, timeout?.aborted === true ? timeoutMs : undefined);
  }
}

async function watchToEnd(controlPlane: ControlPlane, id: string, progress: Progress, signal: AbortSignal): Promise<ExecutionDocument> {
  const { executions: service } = controlPlane.services;
  let awaySince: number | undefined;
  for (;;) {
    try {
      for await (const message of controlPlane.follow(service.watchExecution.bind(service), { id })) {
        if (signal.aborted) throw signal.reason;
        if (awaySince !== undefined) progress.note("the control plane is back");
        awaySince = undefined;
        progress.update(executionDocument(message).status);
      }
      const end = await executions.get(controlPlane, id);
      if (isFinal(EXECUTION_TRANSITIONS, end.status.state)) return end;
    } catch (error) {
      if (!(error instanceof TransshipError) || error.code !== "CONTROL_PLANE_UNREACHABLE") throw error;
      if (awaySince === undefined) progress.note("the control plane cannot be reached; the work goes on, trying again");
      awaySince ??= performance.now();
      if (performance.now() - awaySince > PATIENCE_MS) throw error.with({ tried: `for ${formatDuration(PATIENCE_MS)}` });
    }
    await sleep(RETRY_MS, undefined, { signal });
  }
}

function stillRunning(error: unknown, call: Call, id: string, timeoutMs: number | undefined): unknown {
  const hint = `The work goes on in the background; look with \`transship execution get ${id}\`, or end it with \`transship execution stop ${id}\`.`;
  const what = `waiting for execution ${id}`;
  if (timeoutMs !== undefined)
    return new TransshipError("WAIT_TIMED_OUT", { what, why: `it was not finished after ${formatDuration(timeoutMs)}`, hint });
  if (call.signal.aborted) return new TransshipError("INTERRUPTED", { what, why: "interrupted", hint, cause: error });
  return error;
}
