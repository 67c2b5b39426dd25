import { type ErrorCode, TransshipError } from "@transship/errors";
import { EXECUTION_TRANSITIONS, type ExecutionSummary, edgeName, isFinal, type Rule, type ScopeEntry, scopeName } from "@transship/model";
import type { Store } from "@transship/store";
import { unfinishedByRule } from "../replications/edge-statuses.ts";
import { pausedText } from "../scheduler/window-watch.ts";
import { duePoll } from "../triggers/due-poll.ts";

/** An execution that has yet to look at its source, or at a part of it. */
export interface PendingLook {
  readonly executionId: string;
  readonly createdAt: string;
  readonly begun: boolean;
  /** Names of what it looks at, `repository:tag` or a repository, at its source; undefined = everything. */
  readonly names: ReadonlySet<string> | undefined;
}

/** How an edge or rule does, as far as it tells why something did not come. */
export interface EdgeFacts {
  readonly rule: Rule;
  /** Why nothing moves outside its window; empty = it is open, or there is none. */
  readonly paused: string;
  /** Oldest first. */
  readonly pending: readonly PendingLook[];
  /** Why its newest finished execution failed as a whole. */
  readonly failed: { readonly executionId: string; readonly code: ErrorCode; readonly message: string; readonly at: string } | undefined;
  /** When it looks at everything again; undefined = only when somebody or something asks for it. */
  readonly nextLookAt: string | undefined;
}

/** Executions of an edge that are looked at for one that ended. */
const RECENT = 5;

/** Reads how edges and rules do, each once, when it is first asked for: most checks find nothing to explain. */
export class EdgeFactsReader {
  readonly #store: Store;
  readonly #now: () => Date;
  readonly #read = new Map<string, Promise<EdgeFacts>>();
  #ground: Promise<Ground> | undefined;

  constructor(store: Store, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  of(rule: Rule): Promise<EdgeFacts> {
    const read = this.#read.get(rule.name) ?? this.#facts(rule);
    this.#read.set(rule.name, read);
    return read;
  }

  async #facts(rule: Rule): Promise<EdgeFacts> {
    this.#ground ??= readGround(this.#store);
    const { unfinished, repairs } = await this.#ground;
    const pending: PendingLook[] = [];
    for (const id of unfinished.get(rule.name) ?? []) {
      const look = await pendingLook(this.#store, id);
      if (look !== undefined) pending.push(look);
    }
    const recent = await this.#store.executions.list({ rule: rule.name }, { limit: RECENT });
    const ended = recent.find(({ state }) => isFinal(EXECUTION_TRANSITIONS, state));
    const next = duePoll(rule, await this.#store.triggers.get(rule.name), repairs.get(rule.name));
    const nextLookAt = next?.at.toISOString();
    return { rule, paused: pausedText(rule, this.#now()), pending, failed: ended && failureOf(ended), nextLookAt };
  }
}

/** What the facts of all edges are read from. */
interface Ground {
  /** Ids of unfinished executions, oldest first. */
  readonly unfinished: ReadonlyMap<string, readonly string[]>;
  /** When edges that failed are tried again. */
  readonly repairs: ReadonlyMap<string, string | undefined>;
}

async function readGround(store: Store): Promise<Ground> {
  const edges = await store.topology.listEdges();
  const repairs = new Map(edges.map(({ replication, replica, repairAt }) => [edgeName(replication, replica), repairAt]));
  return { unfinished: await unfinishedByRule(store), repairs };
}

async function pendingLook(store: Store, id: string): Promise<PendingLook | undefined> {
  try {
    const [execution, scope] = await Promise.all([store.executions.get(id), store.executions.scope(id)]);
    // Once it copies, everything that it found is a task.
    if (execution.state === "copying" || isFinal(EXECUTION_TRANSITIONS, execution.state)) return undefined;
    return { executionId: id, createdAt: execution.createdAt, begun: execution.state !== "queued", names: scope && namesOf(scope) };
  } catch (thrown) {
    // It was forgotten since the list was read.
    if (thrown instanceof TransshipError && thrown.code === "NOT_FOUND") return undefined;
    throw thrown;
  }
}

function namesOf(scope: readonly ScopeEntry[]): ReadonlySet<string> {
  return new Set(scope.map(scopeName));
}

function failureOf({ id, failure, finishedAt, createdAt }: ExecutionSummary): EdgeFacts["failed"] {
  return failure && { executionId: id, code: failure.code, message: failure.message, at: finishedAt ?? createdAt };
}
