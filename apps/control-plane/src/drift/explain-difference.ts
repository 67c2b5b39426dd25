import { type Arrival, type DriftReason, isFinal, LEASED_STATES, type Rule, TASK_TRANSITIONS, type Task } from "@transship/model";
import type { Difference } from "@transship/planner";
import type { EdgeFacts, PendingLook } from "./edge-facts.ts";

/** What is known of a place and of what should bring something there. */
export interface PlaceFacts {
  readonly edge: EdgeFacts;
  /** The newest task of the edge with this place as its target. */
  readonly task: Task | undefined;
  /** What was brought there last, by whatever rule. */
  readonly arrival: Arrival | undefined;
  /** Why a task waits, where a registry is the reason; empty otherwise. */
  readonly waitingFor: string;
}

/** Why something differs, and since when as far as the facts tell. */
export interface Explained {
  readonly reason: DriftReason;
  readonly explanation: string;
  readonly since?: string | undefined;
  readonly taskId?: string | undefined;
  readonly executionId?: string | undefined;
  readonly code?: string | undefined;
}

/** Why a tag is missing or different, by the most telling fact there is. Pure. */
export function explainDifference(difference: Difference, facts: PlaceFacts): Explained {
  return (
    byOverwrite(difference, facts) ??
    byOpenTask(difference, facts) ??
    byEdge(difference, facts) ??
    byHistory(difference, facts) ??
    byNothing(facts)
  );
}

function byOverwrite({ kind, atTarget }: Difference, { edge: { rule }, arrival }: PlaceFacts): Explained | undefined {
  if (kind !== "different" || rule.spec.overwrite === "always") return undefined;
  if (rule.spec.overwrite === "never") return { reason: "kept", explanation: `${rule.name} never overwrites` };
  if (arrival?.rule === rule.name && arrival.digest === atTarget) return undefined;
  return { reason: "foreign", explanation: `${rule.name} replaces only what it brought, and ${atTarget} is something else` };
}

function byOpenTask({ entry }: Difference, { edge, task, waitingFor }: PlaceFacts): Explained | undefined {
  if (task === undefined || task.operation !== "copy" || task.digest !== entry.digest || isFinal(TASK_TRANSITIONS, task.state))
    return undefined;
  const known = { since: task.createdAt, taskId: task.id, executionId: task.executionId };
  if ((LEASED_STATES as readonly string[]).includes(task.state)) {
    const waits = waitingFor === "" ? "" : `; ${waitingFor}`;
    return { ...known, reason: "running", explanation: `agent ${task.agent} has task ${task.id} (${task.state})${waits}` };
  }
  const why = edge.paused !== "" ? `: ${edge.paused}` : waitingFor !== "" ? `: ${waitingFor}` : "";
  if (task.state === "queued" || task.failure === undefined) {
    return { ...known, reason: "waiting", explanation: `task ${task.id} waits for an agent${why}` };
  }
  const again = task.nextAttemptAt === undefined ? "again" : `again at ${task.nextAttemptAt}`;
  const text = `task ${task.id} failed (${task.failure.code}: ${task.failure.message}) and is tried ${again}, attempt ${task.attempts + 1}${why}`;
  return { ...known, reason: "retrying", explanation: text, code: task.failure.code };
}

function byEdge(difference: Difference, { edge }: PlaceFacts): Explained | undefined {
  const { rule, pending } = edge;
  if (!rule.spec.enabled) {
    const what = rule.edge === undefined ? `rule ${rule.name}` : `replication ${rule.edge.replication}`;
    return { reason: "disabled", explanation: `${what} is disabled` };
  }
  const look = pending.find((one) => looksAt(one, difference));
  if (look === undefined) return undefined;
  const { executionId, createdAt, begun } = look;
  const text = begun ? `execution ${executionId} is listing it` : `execution ${executionId} waits to look at it`;
  return { reason: "planned", explanation: text, executionId, since: look.names === undefined ? undefined : createdAt };
}

function looksAt({ names }: PendingLook, { entry: { repository, tag } }: Difference): boolean {
  return names === undefined || names.has(`${repository}:${tag}`) || names.has(repository);
}

/** What ended. */
function byHistory(difference: Difference, { edge, task, arrival }: PlaceFacts): Explained | undefined {
  const { rule } = edge;
  const { digest } = difference.entry;
  if (arrival !== undefined && arrival.digest === difference.atTarget && arrival.rule !== rule.name) {
    return { reason: "replaced", explanation: `${arrival.rule} brought ${arrival.digest} there at ${arrival.at}` };
  }
  const same = task?.operation === "copy" && task.digest === digest ? task : undefined;
  const known = same && { taskId: same.id, executionId: same.executionId };
  if (same?.state === "succeeded" || arrival?.digest === digest) {
    const by = same?.state === "succeeded" ? ` by task ${same.id} of agent ${same.agent}` : ` by ${arrival?.rule}`;
    const at = same?.finishedAt ?? arrival?.at;
    const brought = `it was brought at ${at}${by}`;
    if (difference.kind === "missing")
      return { ...known, reason: "removed", explanation: `${brought}, and somebody deleted the tag since` };
    return { ...known, reason: "replaced", explanation: `${brought}, and somebody put ${difference.atTarget} there since` };
  }
  if (same?.state === "failed") {
    const failure = same.failure === undefined ? "" : `: ${same.failure.code}: ${same.failure.message}`;
    return { ...known, reason: "failed", explanation: `task ${same.id} failed${failure}`, since: same.createdAt, code: same.failure?.code };
  }
  if (same?.state === "cancelled")
    return { ...known, reason: "cancelled", explanation: `task ${same.id} was cancelled`, since: same.createdAt };
  if (same?.state === "skipped") {
    return { ...known, reason: "skipped", explanation: `task ${same.id} was skipped: ${same.skipReason}`, since: same.createdAt };
  }
  if (edge.failed === undefined) return undefined;
  const { executionId, code, message } = edge.failed;
  return { reason: "failing", explanation: `execution ${executionId} of ${rule.name} failed: ${code}: ${message}`, executionId, code };
}

function byNothing({ edge: { rule, nextLookAt } }: PlaceFacts): Explained {
  const next =
    nextLookAt === undefined ? `${rule.name} runs only when it is asked to` : `${rule.name} looks at everything again at ${nextLookAt}`;
  return { reason: "unknown", explanation: `nothing told of it yet; ${next}` };
}

/** Why a replica has a tag that its source has not. Pure. */
export function explainExtra(rule: Rule, arrival: Arrival | undefined): Explained {
  if (arrival === undefined) return { reason: "stranger", explanation: "nobody that Transship knows of brought it" };
  const follow = rule.spec.deletion?.propagate === true ? "" : `; ${rule.name} does not delete`;
  return { reason: "brought", explanation: `${arrival.rule} brought it at ${arrival.at}, and its source has it no more${follow}` };
}
