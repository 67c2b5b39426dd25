import type { EndedExecution, Execution, ExecutionState, ExecutionSummary, Failure, ScopeEntry, Task, Trigger } from "@transship/model";
import type { OutgoingEvent } from "./delivery-store.ts";
import type { Page } from "./store.ts";

/** What asking for an execution led to. `merged`: one of the same rule was waiting already, and that one is returned. */
export type OpenOutcome = "started" | "queued" | "merged";

/** What is asked for. */
export interface OpenRequest {
  readonly id: string;
  readonly rule: string;
  readonly trigger: Trigger;
  readonly retryOf?: string | undefined;
  /** Only this part of the source; absent = all of it. */
  readonly scope?: readonly ScopeEntry[] | undefined;
  /** Copies that led to it one after the other; absent = 0. */
  readonly hops?: number | undefined;
  /** The saved plan whose items become its tasks. */
  readonly plan?: string | undefined;
  /** The rule's source wins wherever both sides moved; absent = no. */
  readonly settle?: boolean | undefined;
}

/** Makes the event that an execution ended. `failed`: some of its failed tasks. Called within a transaction; it must not throw. */
export type TellEnd = (ended: ExecutionSummary, failed: readonly Task[]) => OutgoingEvent | undefined;

/** Executions: one at a time per rule. */
export interface ExecutionStore {
  /**
   * Opens an execution in state `queued`. Where another execution of the rule is unfinished the new one waits (`queued`), and where one waits already that one
   * is returned (`merged`; never for a `retry`, which waits in turn). `started` means that nothing stands before it. A merged request adds its scope to the one
   * that waits; a request without a scope makes that one look at everything, and so do more than `MOST_SCOPE_ENTRIES` entries.
   */
  open(request: OpenRequest, now: Date): Promise<{ execution: Execution; outcome: OpenOutcome }>;
  /** What an execution looks at, by name; undefined = the whole source of its rule. Throws `NOT_FOUND`. */
  scope(id: string): Promise<ScopeEntry[] | undefined>;
  /** Moves it along `EXECUTION_TRANSITIONS`; sets `startedAt` when it leaves `queued` and `finishedAt` when it becomes final. With `tell`, the event of an end is kept for webhooks in the same transaction. Throws `CONFLICT` for a move that the table forbids, `NOT_FOUND`. */
  advance(id: string, to: ExecutionState, now: Date, failure?: Failure, tell?: TellEnd): Promise<Execution>;
  /** Sets what planning found. Absolute numbers, so that planning again after a restart is no error. */
  planned(id: string, found: { readonly unchanged: number; readonly repositories: number; readonly conflicts?: number }): Promise<void>;
  /** Throws `NOT_FOUND`. */
  get(id: string): Promise<ExecutionSummary>;
  /** Newest first. */
  list(
    filter: { readonly rule?: string | undefined; readonly state?: ExecutionState | undefined },
    page: Page,
  ): Promise<ExecutionSummary[]>;
  /** Unfinished executions, oldest first. */
  unfinished(): Promise<Execution[]>;
  /** How the last executions of a rule ended, newest first, at most so many; and when one succeeded last. Those that a person stopped say nothing and are left out. */
  ended(rule: string, limit: number): Promise<{ readonly executions: EndedExecution[]; readonly lastSuccessAt: string | undefined }>;
  /**
   * A finished execution that need not be kept: older than `before`, or with `keep` newer ones of its rule. The newest of each rule, and the newest that succeeded,
   * always stay.
   */
  nextToForget(limits: { readonly keep: number; readonly before: Date }): Promise<string | undefined>;
  /** Forgets up to so many tasks of an execution, and the execution itself when it has none left: true then. Small, so that nobody waits long for it. */
  forget(id: string, tasks: number): Promise<boolean>;
  /** The oldest waiting execution of a rule that has no other unfinished execution before it. */
  nextQueued(rule: string): Promise<Execution | undefined>;
}
