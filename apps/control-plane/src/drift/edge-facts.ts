import { type ErrorCode, TransshipError } from "@transship/errors";
import { EXECUTION_TRANSITIONS, type ExecutionSummary, isFinal, type Rule, type ScopeEntry, scopeName } from "@transship/model";
import type { Store } from "@transship/store";
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

/** Reads how an edge or rule does. `unfinished`: ids of its unfinished executions, oldest first. */
export async function readEdgeFacts(store: Store, rule: Rule, unfinished: readonly string[], now: Date): Promise<EdgeFacts> {
  const pending: PendingLook[] = [];
  for (const id of unfinished) {
    const look = await pendingLook(store, id);
    if (look !== undefined) pending.push(look);
  }
  const recent = await store.executions.list({ rule: rule.name }, { limit: RECENT });
  const ended = recent.find(({ state }) => isFinal(EXECUTION_TRANSITIONS, state));
  const repairAt =
    rule.edge && (await store.topology.listEdges(rule.edge.replication)).find(({ replica }) => replica === rule.edge?.to)?.repairAt;
  const next = duePoll(rule, await store.triggers.get(rule.name), repairAt);
  return { rule, paused: pausedText(rule, now), pending, failed: ended && failureOf(ended), nextLookAt: next?.at.toISOString() };
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
