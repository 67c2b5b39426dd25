import { progressFromMessage, taskStateFromMessage, type wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { isFinal, LEASED_STATES, PLAN_REASONS, TASK_TRANSITIONS, type Task, type TaskState } from "@transship/model";
import type { LeaseKey, Store } from "@transship/store";
import type { Logger } from "pino";
import type { Changes } from "../changes.ts";
import type { Rates } from "../executions/rates.ts";
import type { ExecutionLog } from "../logs/execution-log.ts";
import type { LogWriter } from "../logs/log-writer.ts";
import { tellOutcome } from "../logs/tell-outcome.ts";
import type { Metrics } from "../metrics.ts";
import type { Cascade } from "../triggers/cascade.ts";
import type { WakeUp } from "../wake-up.ts";
import type { AgentSession } from "./agent-session.ts";
import { readOutcome } from "./read-outcome.ts";

/** What taking reports needs. */
export interface ReportDesk {
  readonly store: Store;
  readonly changes: Changes;
  readonly metrics: Metrics;
  readonly rates: Rates;
  /** Told of what arrived somewhere, once that is stored. */
  readonly cascade: Pick<Cascade, "arrived" | "departed">;
  /** Wakes the scheduler. */
  readonly work: WakeUp;
  readonly log: Logger;
  readonly executionLog: ExecutionLog;
  readonly logWriter: LogWriter;
  readonly now: () => Date;
}

/** Records how far a task is; an agent whose lease is not the newest is told to stop. */
export async function takeProgress(desk: ReportDesk, session: AgentSession, message: wire.Progress): Promise<void> {
  const lease = message.lease;
  const state = taskStateFromMessage(message.state);
  if (lease === undefined || state === undefined || !isLeased(state)) return;
  const task = await taskOf(desk.store, session, lease);
  const progress = progressFromMessage(message.progress);
  if (task !== undefined && (await desk.store.tasks.progress(lease, state, progress))) {
    desk.rates.add(task.executionId, progress.fetchedBytes - task.progress.fetchedBytes, desk.now());
    desk.changes.notify(task.executionId, "progress");
    return;
  }
  fence(desk, session, lease);
  session.send({ $case: "cancel", value: { lease, giveBack: false } });
}

/**
 * Records how an attempt ended and acknowledges the report once it is stored: applied, known already, or too old to count. Throws what the store throws; the
 * agent then sends it again.
 */
export async function takeOutcome(desk: ReportDesk, session: AgentSession, message: wire.Outcome): Promise<void> {
  const lease = message.lease;
  const task = lease && (await taskOf(desk.store, session, lease));
  if (lease !== undefined && task !== undefined) await apply(desk, session, task, lease, message);
  else fence(desk, session, lease);
  session.send({ $case: "ack", value: { sequence: message.sequence } });
}

/** A report of a lease that is somebody else's by now, or of a task that is no more, changes nothing; it is said that it came. */
function fence(desk: ReportDesk, session: AgentSession, lease: wire.LeaseKey | undefined): void {
  desk.metrics.reportFenced();
  const facts = { agent: session.name, task: lease?.taskId, epoch: lease?.epoch, code: "LEASE_LOST" };
  desk.log.warn(facts, "a report whose lease is over is not heard");
}

async function apply(desk: ReportDesk, session: AgentSession, task: Task, lease: LeaseKey, message: wire.Outcome): Promise<void> {
  const result = await desk.store.tasks.finish(lease, readOutcome(message, task, desk.now()), desk.now());
  if (result === "stale") fence(desk, session, lease);
  if (result !== "applied") return;
  const after = await desk.store.tasks.get(task.id);
  desk.rates.add(task.executionId, after.progress.fetchedBytes - task.progress.fetchedBytes, desk.now());
  tellOutcome(desk.executionLog, after);
  // Before the report is acknowledged: why something failed is never lost.
  if (message.failure !== undefined) await desk.logWriter.flush();
  if (isFinal(TASK_TRANSITIONS, after.state)) {
    const { rule, trigger, hops } = await desk.store.executions.get(task.executionId);
    desk.metrics.taskEnded(rule, after);
    if (after.state === "succeeded" && after.operation === "copy") desk.cascade.arrived(after.target, after.digest, hops);
    if (after.state === "succeeded" && after.operation === "delete") desk.cascade.departed(after.target, after.digest, hops);
    if (after.operation === "delete") logDeletion(desk, after, { rule, trigger });
  }
  desk.changes.notify(task.executionId, "state");
  desk.work.wake();
}

/** What was deleted, on whose behalf and why; or why not. */
function logDeletion(desk: ReportDesk, task: Task, by: { readonly rule: string; readonly trigger: string }): void {
  const { instance, repository, tag } = task.target;
  const what = { tag: `${instance}/${repository}:${tag}`, digest: task.digest, ...by, execution: task.executionId, agent: task.agent };
  const why = task.state === "succeeded" ? PLAN_REASONS.gone : (task.skipReason ?? task.failure?.message);
  desk.log.info({ ...what, why, note: task.note }, task.state === "succeeded" ? "tag deleted" : "tag not deleted");
}

/** The task that a report is about, if this agent is the one that has it: nobody reports on another's work. */
async function taskOf(store: Store, session: AgentSession, lease: LeaseKey): Promise<Task | undefined> {
  try {
    const task = await store.tasks.get(lease.taskId);
    return task.agent === session.name ? task : undefined;
  } catch (thrown) {
    if (thrown instanceof TransshipError && thrown.code === "NOT_FOUND") return undefined;
    throw thrown;
  }
}

function isLeased(state: TaskState): boolean {
  return (LEASED_STATES as readonly TaskState[]).includes(state);
}
