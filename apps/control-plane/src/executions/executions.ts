import { setTimeout as delay } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import {
  EXECUTION_TRANSITIONS,
  type Execution,
  isFinal,
  type Rule,
  type ScopeEntry,
  TASK_TRANSITIONS,
  type Trigger,
} from "@transship/model";
import type { OpenOutcome, SavedPlan } from "@transship/store";
import { executionId } from "../ids.ts";
import { cancelTasks } from "./cancel-tasks.ts";
import type { ExecutionDesk } from "./execution-desk.ts";
import { moveExecution } from "./move-execution.ts";
import { addAgain } from "./repeat-tasks.ts";
import { runExecution } from "./run-execution.ts";

interface Run {
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

/** What asking for an execution led to. */
export interface Opened {
  readonly execution: Execution;
  readonly outcome: OpenOutcome;
}

/** Pauses before what the store refused is tried again, in milliseconds; the last one again and again. */
const AGAIN_AFTER_MS = [500, 2_000, 5_000, 15_000];

/** The executions under way, at most one a rule. Disposing leaves them where they are, for the next start. */
export class Executions implements AsyncDisposable {
  readonly #desk: ExecutionDesk;
  readonly #runs = new Map<string, Run>();
  readonly #closing = new AbortController();
  /** Openings and starts one after the other, so that what is checked before still holds when it is done. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(desk: ExecutionDesk) {
    this.#desk = desk;
  }

  /** Takes up what was under way when the control plane ended, each in its phase. */
  async resume(): Promise<void> {
    const rules = new Set<string>();
    // Oldest first: the first of a rule runs, the others wait for it.
    for (const execution of await this.#desk.store.executions.unfinished()) {
      if (!rules.has(execution.rule)) this.#start(execution);
      rules.add(execution.rule);
    }
  }

  /** Runs a rule; with `settle` its source wins wherever both sides moved. Throws `NOT_FOUND`; `CONFLICT` where it is disabled. */
  run(rule: string, settle = false): Promise<Opened> {
    return this.#inTurn(() => this.#open(rule, "manual", { settle }));
  }

  /** Runs a saved plan whose inventory was taken again and still holds. Throws `NOT_FOUND`; `CONFLICT` where its rule is disabled, or runs. */
  runPlan(plan: SavedPlan): Promise<Opened> {
    return this.#inTurn(async () => {
      await this.#requireIdle(plan.rule, `running plan ${plan.id}`);
      return this.#open(plan.rule, "manual", { plan: plan.id });
    });
  }

  /**
   * Runs a rule without being asked by a person: all of its source, or the given part of it, after `hops` copies that led to it. Throws `NOT_FOUND`; `CONFLICT`
   * where it is disabled.
   */
  trigger(rule: string, trigger: Trigger, scope?: readonly ScopeEntry[], hops?: number): Promise<Opened> {
    return this.#inTurn(() => this.#open(rule, trigger, { scope, hops }));
  }

  /** Runs a finished execution again: its whole rule, or its failed and cancelled tasks only. Throws `NOT_FOUND`, `CONFLICT`. */
  retry(id: string, failedOnly: boolean): Promise<Opened> {
    return this.#inTurn(async () => {
      const before = await this.#desk.store.executions.get(id);
      if (!isFinal(EXECUTION_TRANSITIONS, before.state)) throw conflict(`retrying execution ${id}`, `it is ${before.state}`);
      if (!failedOnly) return this.#open(before.rule, "retry", { scope: await this.#desk.store.executions.scope(id), hops: before.hops });
      if (before.tasks.failed + before.tasks.cancelled === 0) throw conflict(`retrying execution ${id}`, "none of its tasks failed");
      return this.#open(before.rule, "retry", { retryOf: id });
    });
  }

  /** Runs one failed or cancelled task again, in an execution of its own. Throws `NOT_FOUND`; `CONFLICT` also while the rule runs. */
  retryTask(id: string): Promise<Opened> {
    return this.#inTurn(async () => {
      const { store } = this.#desk;
      const task = await store.tasks.get(id);
      if (!isFinal(TASK_TRANSITIONS, task.state)) throw conflict(`retrying task ${id}`, `it is ${task.state}`);
      if (task.state !== "failed" && task.state !== "cancelled") throw conflict(`retrying task ${id}`, `it has ${task.state}`);
      const { rule } = await store.executions.get(task.executionId);
      await this.#requireIdle(rule, `retrying task ${id}`);
      return this.#open(rule, "retry", { retryOf: task.executionId, first: (execution) => addAgain(this.#desk, execution, [task]) });
    });
  }

  /** Stops an execution for `who` asks: what waits is cancelled, what runs is told to stop. Throws `NOT_FOUND`, `CONFLICT` where it is final. */
  stop(id: string, who: string): Promise<Execution> {
    return this.#inTurn(async () => {
      const before = await this.#desk.store.executions.get(id);
      if (isFinal(EXECUTION_TRANSITIONS, before.state)) throw conflict(`stopping execution ${id}`, `it has ${before.state} already`);
      const run = this.#runs.get(id);
      // The run must not add tasks, or end by itself, between the cancelling and the stop.
      run?.abort.abort();
      await run?.done;
      const now = await this.#desk.store.executions.get(id);
      if (isFinal(EXECUTION_TRANSITIONS, now.state)) return now;
      this.#desk.executionLog.info(id, `stopped by ${who}`, { who });
      await cancelTasks(this.#desk, id);
      const stopped = await moveExecution(this.#desk, id, "stopped");
      await this.#startNext(stopped.rule);
      return stopped;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#turn.catch(() => undefined);
    for (const run of this.#runs.values()) run.abort.abort();
    await Promise.all([...this.#runs.values()].map((run) => run.done));
  }

  async #open(name: string, trigger: Trigger, options: OpenOptions = {}): Promise<Opened> {
    const { store, now, executionLog } = this.#desk;
    if (this.#closing.signal.aborted)
      throw new TransshipError("CONTROL_PLANE_UNREACHABLE", { what: `running rule ${name}`, why: "the control plane is stopping" });
    requireEnabled(await store.topology.getRunnable(name));
    const { first, ...request } = options;
    const opened = await store.executions.open({ id: executionId(now()), rule: name, trigger, ...request }, now());
    const { execution, outcome } = opened;
    const of = repeated(options);
    // A large run may send thousands of arrivals into the one that waits.
    const level = request.scope !== undefined && outcome === "merged" ? "debug" : "info";
    executionLog[level](execution.id, `${trigger} run${of} of rule ${name} ${OPENINGS[outcome]}`, { rule: name, trigger, outcome });
    await first?.(execution.id);
    if (outcome === "started") this.#start(execution);
    return opened;
  }

  async #requireIdle(rule: string, what: string): Promise<void> {
    const busy = (await this.#desk.store.executions.unfinished()).find((execution) => execution.rule === rule);
    if (busy !== undefined) throw conflict(what, `execution ${busy.id} of rule ${rule} is not finished`);
  }

  #start(execution: Execution): void {
    if (this.#closing.signal.aborted || this.#runs.has(execution.id)) return;
    const abort = new AbortController();
    const done = this.#run(execution, abort.signal);
    this.#runs.set(execution.id, { abort, done });
  }

  /** Never rejects. A store that fails, on a full disk say, ends nothing: the execution goes on where it is once the store works again. */
  async #run(execution: Execution, signal: AbortSignal): Promise<void> {
    await this.#persist(`execution ${execution.id} was interrupted`, signal, async (again) => {
      const now = again ? await this.#desk.store.executions.get(execution.id) : execution;
      if (!isFinal(EXECUTION_TRANSITIONS, now.state)) await runExecution(this.#desk, now, signal);
    });
    this.#runs.delete(execution.id);
    if (signal.aborted) return;
    const what = `what follows execution ${execution.id} did not start`;
    void this.#persist(what, this.#closing.signal, () => this.#inTurn(() => this.#startNext(execution.rule)));
  }

  /** Does a step until it does not throw, or `signal` aborts. */
  async #persist(what: string, signal: AbortSignal, step: (again: boolean) => Promise<void>): Promise<void> {
    for (let failures = 0; !signal.aborted; failures++) {
      try {
        return await step(failures > 0);
      } catch (thrown) {
        const waitMs = AGAIN_AFTER_MS[failures] ?? AGAIN_AFTER_MS.at(-1);
        this.#desk.log.error({ err: thrown, waitMs }, `${what}; it goes on in a moment`);
        await delay(waitMs, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  async #startNext(rule: string): Promise<void> {
    const next = await this.#desk.store.executions.nextQueued(rule);
    if (next !== undefined) this.#start(next);
  }

  #inTurn<T>(step: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(step, step);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** What asking for an execution led to, in words. */
const OPENINGS = {
  started: "opened",
  queued: "opened; it waits for the one before it",
  merged: "merged into this one, which was waiting already",
} as const satisfies Record<OpenOutcome, string>;

interface OpenOptions {
  readonly retryOf?: string;
  readonly plan?: string;
  /** Absent = the whole source of the rule. */
  readonly scope?: readonly ScopeEntry[] | undefined;
  readonly hops?: number | undefined;
  readonly settle?: boolean;
  /** Done before the execution starts. */
  readonly first?: (execution: string) => Promise<void>;
}

/** What is run again, in words. */
function repeated({ retryOf, plan }: OpenOptions): string {
  if (plan !== undefined) return ` of saved plan ${plan}`;
  return retryOf === undefined ? "" : ` of execution ${retryOf}`;
}

function requireEnabled(rule: Rule): void {
  if (!rule.spec.enabled) {
    throw new TransshipError("CONFLICT", {
      what: `running rule ${rule.name}`,
      why: "it is disabled",
      hint: `Enable it with \`transship ${rule.edge === undefined ? `rule enable ${rule.name}` : `replication enable ${rule.edge.replication}`}\`.`,
    });
  }
}

function conflict(what: string, why: string): TransshipError {
  return new TransshipError("CONFLICT", { what, why });
}
