import { setTimeout as sleep } from "node:timers/promises";
import { type DirectExecution, type DirectWork, openDirectCopier } from "@transship/agent";
import { CODES, EXIT, type ExitCode, TransshipError } from "@transship/errors";
import { pino } from "pino";
import type { Call } from "../../command.ts";
import type { ExecutionDocument } from "../../documents/execution.ts";
import { sumExecutions } from "../../documents/sum-executions.ts";
import { printDocument } from "../../output/print.ts";
import { showProgress } from "../../progress/show-progress.ts";
import type { CheckpointFiles } from "./state-directory.ts";

/** A list of artifacts under one name. */
export type NamedWork = Required<Pick<DirectWork, "rule" | "pairs">>;

/** Copies lists side by side in this process, by one engine and with one progress on stderr; each ends for itself. */
export async function copyWithProgress(
  call: Call,
  title: string,
  files: CheckpointFiles,
  works: readonly NamedWork[],
): Promise<ExecutionDocument> {
  using progress = showProgress(call.streams.err, title);
  const logger = pino({ level: "warn" }, { write: (line) => progress.note(noteOf(line)) });
  await using copier = openDirectCopier({ checkpoint: { path: files.path }, spoolDirectory: files.spool, logger, signal: call.signal });
  const now = new Map<NamedWork, ExecutionDocument>();
  // Loaded while the first requests are under way: it brings all messages of the control plane along, which take longer to load than a short line's round trip.
  let documents: typeof import("./direct-document.ts") | undefined;
  const loading = sleep(LOADED_AFTER_MS).then(async () => {
    documents = await import("./direct-document.ts");
    return documents;
  });
  const copy = async (work: NamedWork): Promise<void> => {
    const onProgress = (execution: DirectExecution["execution"]) => {
      if (documents === undefined) return;
      now.set(work, documents.directDocument({ execution, failedTasks: [] }));
      progress.update(sumExecutions([...now.values()]).status);
    };
    const [{ directDocument }, end] = await Promise.all([loading, copier.copy({ ...work, onProgress })]);
    now.set(work, directDocument(end));
  };
  await inTurns(works, LISTS_AT_ONCE, copy);
  return sumExecutions(works.flatMap((work) => now.get(work) ?? []));
}

/** By then the first requests are out, in milliseconds. */
const LOADED_AFTER_MS = 10;

/** Lists that are read at once. */
const LISTS_AT_ONCE = 64;

async function inTurns<T>(items: readonly T[], atOnce: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = items[Symbol.iterator]();
  const worker = async () => {
    for (const item of queue) await work(item);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
}

/**
 * Says how it ended and prints the Execution. Returns the exit code: where all failures mean the same to a caller (not found, not allowed, unavailable)
 * that, else failed or partial.
 * @throws TransshipError `INTERRUPTED` where the user ended it.
 */
export async function concludeDirect(call: Call, end: ExecutionDocument): Promise<ExitCode> {
  const [{ OUTCOME_EXITS, reportOutcome }, { executions }] = await Promise.all([
    import("../../commands/follow-execution.ts"),
    import("../../nouns/execution.ts"),
  ]);
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
