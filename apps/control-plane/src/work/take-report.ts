import { progressFromMessage, taskStateFromMessage, type wire } from "@transship/api";
import { isFinal, LEASED_STATES, PLAN_REASONS, TASK_TRANSITIONS, type Task, type TaskState } from "@transship/model";
import type { Reported, Store } from "@transship/store";
import type { Logger } from "pino";
import type { Budgets } from "../budgets/budgets.ts";
import type { Changes } from "../changes.ts";
import type { Rates } from "../executions/rates.ts";
import type { ExecutionLog } from "../logs/execution-log.ts";
import type { LogWriter } from "../logs/log-writer.ts";
import { tellOutcome } from "../logs/tell-outcome.ts";
import type { Metrics } from "../metrics.ts";
import type { Cascade } from "../triggers/cascade.ts";
import type { WakeUp } from "../wake-up.ts";
import type { AgentSession } from "./agent-session.ts";
import type { OutcomeWriter } from "./outcome-writer.ts";
import { readOutcome } from "./read-outcome.ts";

/** What taking reports needs. */
export interface ReportDesk {
  readonly store: Store;
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly rates: Rates;
  readonly outcomes: OutcomeWriter;
  readonly budgets: Budgets;
  /** Told of what arrived somewhere, once that is stored. */
  readonly cascade: Pick<Cascade, "arrived" | "departed">;
  /** Wakes the scheduler. */
  readonly work: WakeUp;
  readonly log: Logger;
  readonly executionLog: ExecutionLog;
  readonly logWriter: LogWriter;
  readonly now: () => Date;
}

/** What agents say of tasks, as the store takes it. */
export interface ProgressMessage {
  readonly session: AgentSession;
  readonly message: wire.Progress;
}

/** Records how far tasks are, each of them named once; agents whose lease is not the newest are told to stop. */
export async function takeProgress(desk: ReportDesk, messages: readonly ProgressMessage[]): Promise<void> {
  const reports = messages.flatMap(({ session, message: { lease, state: said, progress } }) => {
    const state = taskStateFromMessage(said);
    if (lease === undefined || state === undefined || !isLeased(state)) return [];
    return [{ session, lease, agent: session.name, state, progress: progressFromMessage(progress) }];
  });
  const progressed = await desk.store.tasks.progressAll(reports);
  for (const [index, { session, lease }] of reports.entries()) {
    const task = progressed[index];
    if (task === undefined) {
      fence(desk, session, lease);
      session.send({ $case: "cancel", value: { lease, giveBack: false } });
      continue;
    }
    const { before, after } = task;
    if (before.state !== after.state) desk.metrics.taskMoved(after.state);
    desk.rates.add(after.executionId, after.progress.fetchedBytes - before.progress.fetchedBytes, desk.now());
    desk.changes.notify(after.executionId, "progress");
  }
}

/**
 * Records how an attempt ended and acknowledges the report once it is stored: applied, known already, or too old to count. Throws what the store throws; the
 * agent then sends it again.
 */
export async function takeOutcome(desk: ReportDesk, session: AgentSession, message: wire.Outcome): Promise<void> {
  const { lease } = message;
  const outcome = (task: Task) => readOutcome(message, task, desk.now());
  // Nobody reports on another's work.
  const reported = lease && (await desk.outcomes.write({ lease, agent: session.name, outcome }));
  if (reported !== undefined) desk.budgets.end(message.lease?.taskId ?? "");
  if (reported?.result === "applied") await tell(desk, reported, message);
  else if (reported?.result !== "duplicate") fence(desk, session, lease);
  session.send({ $case: "ack", value: { sequence: message.sequence } });
}

/** A report of a lease that is somebody else's by now, or of a task that is no more, changes nothing; it is said that it came. */
function fence(desk: ReportDesk, session: AgentSession, lease: wire.LeaseKey | undefined): void {
  desk.metrics.reportFenced();
  const facts = { agent: session.name, task: lease?.taskId, epoch: lease?.epoch, code: "LEASE_LOST" };
  desk.log.warn(facts, "a report whose lease is over is not heard");
}

/** What is to be done about a report that was applied. */
async function tell(
  desk: ReportDesk,
  { before, after, execution }: Reported & { result: "applied" },
  message: wire.Outcome,
): Promise<void> {
  const { rule, trigger, hops } = execution;
  desk.metrics.taskMoved(after.state);
  desk.rates.add(after.executionId, after.progress.fetchedBytes - before.progress.fetchedBytes, desk.now());
  tellOutcome(desk.executionLog, after);
  // Before the report is acknowledged: why something failed is never lost.
  if (message.failure !== undefined) await desk.logWriter.flush();
  if (isFinal(TASK_TRANSITIONS, after.state)) {
    desk.metrics.taskEnded(rule, after);
    if (after.state === "succeeded" && after.operation === "copy") desk.cascade.arrived(after.target, after.digest, hops);
    if (after.state === "succeeded" && after.operation === "delete") desk.cascade.departed(after.target, after.digest, hops);
    if (after.operation === "delete") logDeletion(desk, after, { rule, trigger });
  }
  desk.changes.notify(after.executionId, "state");
  desk.work.wake();
}

/** What was deleted, on whose behalf and why; or why not. */
function logDeletion(desk: ReportDesk, task: Task, by: { readonly rule: string; readonly trigger: string }): void {
  const { instance, repository, tag } = task.target;
  const what = { tag: `${instance}/${repository}:${tag}`, digest: task.digest, ...by, execution: task.executionId, agent: task.agent };
  const why = task.state === "succeeded" ? PLAN_REASONS.gone : (task.skipReason ?? task.failure?.message);
  desk.log.info({ ...what, why, note: task.note }, task.state === "succeeded" ? "tag deleted" : "tag not deleted");
}

function isLeased(state: TaskState): boolean {
  return (LEASED_STATES as readonly TaskState[]).includes(state);
}
