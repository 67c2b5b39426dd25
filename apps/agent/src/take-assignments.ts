import { taskStateFromMessage, type wire } from "@transship/api";
import { asTransshipError, TransshipError } from "@transship/errors";
import { artifactName } from "@transship/model";
import type { CopyEngine, CopyStep } from "@transship/transfer";
import type { Logger } from "pino";
import { secretsOf } from "./hide-secrets.ts";
import type { Leases } from "./leases.ts";
import { type Assigned, readAssignment } from "./read-assignment.ts";
import type { Registries } from "./registries.ts";
import type { Reports } from "./report.ts";
import { TaskProgressReport } from "./report-progress.ts";
import type { RetryBudget } from "./retry-budget.ts";
import type { RulePaces } from "./rule-paces.ts";
import { runDeletion } from "./run-deletion.ts";
import { type Attempt, NO_COST, runTask } from "./run-task.ts";
import type { TaskLogs, Telling } from "./task-logs.ts";
import { badOutcome, deletionOutcome, givenBackOutcome, goodOutcome, type UnsentOutcome, unreadableOutcome } from "./task-outcome.ts";
import { tellStep } from "./tell-step.ts";
import type { AgentSays } from "./work-stream.ts";

/** What tasks need. */
export interface AssignmentMeans {
  readonly slots: number;
  readonly engine: CopyEngine;
  readonly registries: Registries;
  readonly paces: RulePaces;
  readonly leases: Leases;
  readonly reports: Reports;
  readonly logs: TaskLogs;
  readonly budget: RetryBudget;
  readonly logger: Logger;
  /** Sends what may be lost; does nothing while there is no stream. */
  readonly tell: (message: AgentSays) => void;
}

interface Running {
  readonly assigned: Assigned;
  readonly log: (telling: Telling) => void;
  readonly stop: AbortController;
  readonly progress: TaskProgressReport;
}

/** The tasks of this agent: never more at once than it has slots. */
export class Assignments {
  readonly #means: AssignmentMeans;
  readonly #running = new Map<string, Running>();
  /** Assigned beyond the slots: our demand and an assignment may cross on the wire. They start when a slot is free. */
  #waiting: Assigned[] = [];
  #open = true;
  #whenIdle: (() => void)[] = [];
  /** Called when {@link demand} grows or ends. An assignment lowers it too, but the control plane counts those itself, those under way included. */
  onChange: () => void = () => undefined;

  constructor(means: AssignmentMeans) {
    this.#means = means;
  }

  /** How many more tasks can be taken. */
  get demand(): number {
    return this.#open ? Math.max(0, this.#means.slots - this.#running.size - this.#waiting.length) : 0;
  }

  /** Takes an assignment. The same one twice is taken once; an older epoch than the one at hand is ignored, a newer one replaces it. */
  take(message: wire.Assignment): void {
    const key = message.lease;
    if (key === undefined) return;
    const epoch = this.#epochOf(key.taskId);
    if (epoch !== undefined && epoch >= key.epoch) return;
    if (epoch !== undefined) this.lose({ taskId: key.taskId, epoch });
    try {
      const assigned = readAssignment(key, message);
      this.#means.leases.grant(key, assigned.leaseMs);
      this.#waiting.push(assigned);
    } catch (thrown) {
      this.#means.reports.add(unreadableOutcome(key, asTransshipError(thrown)));
      this.onChange();
    }
    if (this.#open) this.#fill();
    else this.#giveBackWaiting();
  }

  /**
   * Stops a task because the control plane says so: it was cancelled, or the lease is somebody else's. Nothing is reported, since the control plane knows more
   * than we do: a report `cancelled` would end a task for good that only went back to the queue.
   */
  cancel(key: wire.LeaseKey): void {
    this.#stop(key, new TransshipError("CANCELLED", { what: `task ${key.taskId}`, why: "the control plane stopped it" }));
  }

  /** Stops a task and gives it back unfinished, with what it cost: it goes on later, from its checkpoint. Its lease is held until nothing is written any more. */
  giveBack(key: wire.LeaseKey): void {
    const running = this.#running.get(key.taskId);
    if (running?.assigned.key.epoch === key.epoch) {
      running.stop.abort(new TransshipError("INTERRUPTED", { what: `task ${key.taskId}`, why: "the control plane pauses it" }));
      return;
    }
    const waiting = this.#waiting.find((assigned) => sameLease(assigned.key, key));
    if (waiting === undefined) return;
    this.#waiting = this.#waiting.filter((assigned) => assigned !== waiting);
    this.#end(waiting, givenBackOutcome(waiting, NO_COST));
    this.onChange();
  }

  /** Stops a task whose lease is over. Nothing is reported: the task is no longer ours to speak of. */
  lose(key: wire.LeaseKey): void {
    this.#means.logger.warn({ task: key.taskId, epoch: key.epoch, code: "LEASE_LOST" }, "lease lost");
    this.#stop(key, new TransshipError("LEASE_LOST", { what: `task ${key.taskId}`, why: "its lease ended" }));
  }

  /** Takes nothing new from now on and gives back what has not begun. */
  close(): void {
    this.#open = false;
    this.#giveBackWaiting();
    this.onChange();
  }

  /** Stops everything and gives it back. Resolves when nothing runs. */
  async abandon(): Promise<void> {
    this.close();
    for (const { assigned, stop } of this.#running.values()) {
      stop.abort(new TransshipError("INTERRUPTED", { what: `task ${assigned.key.taskId}`, why: "the agent stops" }));
    }
    await this.idle();
  }

  /** Resolves when nothing runs. */
  async idle(): Promise<void> {
    if (this.#running.size === 0) return;
    await new Promise<void>((resolve) => this.#whenIdle.push(resolve));
  }

  /** The latest numbers of all running tasks, for a control plane that was away. */
  progress(): AgentSays[] {
    return [...this.#running.values()].filter(({ stop }) => !stop.signal.aborted).map(({ progress }) => progress.message());
  }

  #epochOf(taskId: string): number | undefined {
    const waiting = this.#waiting.find((assigned) => assigned.key.taskId === taskId)?.key.epoch;
    const running = this.#running.get(taskId);
    // A copy that is being stopped no longer counts: its lease may be given anew before the copy has ended.
    return waiting ?? (running?.stop.signal.aborted === false ? running.assigned.key.epoch : undefined);
  }

  #stop(key: wire.LeaseKey, reason: TransshipError): void {
    const running = this.#running.get(key.taskId);
    if (running?.assigned.key.epoch === key.epoch) running.stop.abort(reason);
    // From here on the lease is not renewed, and the copy writes nothing more.
    this.#means.leases.release(key);
    if (!this.#waiting.some((assigned) => sameLease(assigned.key, key))) return;
    this.#waiting = this.#waiting.filter((assigned) => !sameLease(assigned.key, key));
    this.onChange();
  }

  #giveBackWaiting(): void {
    for (const assigned of this.#waiting.splice(0)) this.#end(assigned, givenBackOutcome(assigned, NO_COST));
  }

  #fill(): void {
    while (this.#running.size < this.#means.slots) {
      // Two copies of one task would write to the same places: a new lease waits until the old copy has ended.
      const next = this.#waiting.find((assigned) => !this.#running.has(assigned.key.taskId));
      if (next === undefined) break;
      this.#waiting = this.#waiting.filter((assigned) => assigned !== next);
      this.#begin(next);
    }
  }

  #begin(assigned: Assigned): void {
    const { logger, logs, tell } = this.#means;
    const secrets = secretsOf([assigned.sourceAccess, assigned.targetAccess, ...assigned.siblings]);
    const log = (telling: Telling) => logs.add({ lease: assigned.key }, telling, secrets);
    const running: Running = { assigned, log, stop: new AbortController(), progress: new TaskProgressReport(assigned) };
    this.#running.set(assigned.key.taskId, running);
    const { operation } = assigned;
    logger.info({ task: assigned.key.taskId, epoch: assigned.key.epoch, attempt: assigned.attempt, operation }, "task begins");
    log(beginning(assigned));
    const onProgress = (now: Parameters<TaskProgressReport["update"]>[0]) => {
      const message = running.progress.update(now, performance.now());
      if (message !== undefined && !running.stop.signal.aborted) tell(message);
    };
    const onStep = (step: CopyStep) => log(tellStep(step));
    const { signal } = running.stop;
    const attempt =
      operation === "delete"
        ? runDeletion(assigned, this.#means.registries, signal)
        : runTask(assigned, this.#means, { onProgress, onStep }, signal);
    // Neither ever rejects, and what follows must not: a task that does not end would keep its slot for ever.
    void attempt.then((ended) => this.#finish(running, ended));
  }

  #finish(running: Running, attempt: Attempt): void {
    this.#running.delete(running.assigned.key.taskId);
    const outcome = this.#judge(running, attempt);
    if (outcome === undefined) running.log({ level: "warn", message: asTransshipError(running.stop.signal.reason).message });
    // What an attempt did is told before how it ended.
    this.#means.logs.flush();
    this.#end(running.assigned, outcome);
    this.#fill();
    this.onChange();
    if (this.#running.size === 0) for (const tellIdle of this.#whenIdle.splice(0)) tellIdle();
  }

  /** What to report of an attempt; undefined where the task is no longer ours. */
  #judge(running: Running, attempt: Attempt): UnsentOutcome | undefined {
    const { assigned, stop } = running;
    // Even where the lease ended meanwhile: it is true, and the epoch fences it where the task is somebody else's.
    if (attempt.kind === "done") return goodOutcome(assigned, attempt.result);
    if (attempt.kind === "deleted") return deletionOutcome(assigned, attempt.result);
    if (attempt.kind === "failed") return badOutcome(assigned, attempt.error, attempt.cost, this.#means.budget);
    // Only an agent that stops gives back; what was cancelled or lost is not ours.
    return asTransshipError(stop.signal.reason).code === "INTERRUPTED" ? givenBackOutcome(assigned, attempt.cost) : undefined;
  }

  #end(assigned: Assigned, outcome: UnsentOutcome | undefined): void {
    if (outcome !== undefined) this.#means.reports.add(outcome);
    this.#means.leases.release(assigned.key);
    const { key } = assigned;
    const state = outcome === undefined ? "not ours any more" : taskStateFromMessage(outcome.state);
    const { failure, skipReason: skipped = "", note = "" } = outcome ?? {};
    const why = { ...(skipped === "" ? {} : { skipped }), ...(note === "" ? {} : { note }) };
    this.#means.logger.info({ task: key.taskId, epoch: key.epoch, state, code: failure?.code, ...why }, "task ends");
  }
}

function beginning({ source, target, attempt, key }: Assigned): Telling {
  const [from, to] = [source, target].map((place) => `${place.instance}/${artifactName(place)}`);
  return { level: "info", message: `attempt ${attempt} begins: ${from} to ${to}`, facts: { attempt, epoch: key.epoch } };
}

function sameLease(a: wire.LeaseKey, b: wire.LeaseKey): boolean {
  return a.taskId === b.taskId && a.epoch === b.epoch;
}
