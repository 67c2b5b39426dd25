import { asTransshipError, CODES } from "@transship/errors";
import { isFinal, SKIP_REASONS, TASK_TRANSITIONS, type Task } from "@transship/model";
import type { AttemptOutcome } from "@transship/store";
import { safeFailure } from "../logs/failure-facts.ts";
import { tellOutcome } from "../logs/tell-outcome.ts";
import { resolveTags } from "../work/look-up.ts";
import type { AssignmentDesk } from "./assign-tasks.ts";
import { retryDelay } from "./back-off.ts";
import type { Route } from "./find-routes.ts";

/** A registry that does not answer within so many milliseconds is asked again later. */
const PATIENCE_MS = 60_000;
/** Looks at a source that fails, before the deletion is given up. */
const MOST_ATTEMPTS = 10;

/**
 * Has an agent near the source look whether the tag of a leased deletion is gone there, right before another agent takes it away at the target. Returns those of
 * `alsoGone`, tags of the target, that are gone as well; undefined where nothing is to be deleted now: the source has the tag again, nobody could say, or the lease ended meanwhile.
 * Never rejects.
 */
export async function confirmGone(
  desk: AssignmentDesk,
  task: Task,
  { from, rule }: Pick<Route, "from" | "rule">,
  alsoGone: readonly string[],
): Promise<string[] | undefined> {
  const { repository, tag } = task.source;
  const signal = AbortSignal.timeout(PATIENCE_MS);
  try {
    const looked = [tag, ...alsoGone].map((name) => ({ repository, tag: name }));
    const selector = (await desk.topology.current()).rules.get(rule)?.spec.agents;
    const there = await resolveTags({ ...desk, selector, execution: task.executionId }, from, looked, signal, "source");
    const { epoch, id } = task;
    const lost = await desk.store.tasks.renew(task.agent ?? "", [{ taskId: id, epoch }], desk.leaseMs, desk.now());
    if (lost.length > 0) return undefined;
    if (!there.has(`${repository}:${tag}`)) return alsoGone.filter((name) => !there.has(`${repository}:${name}`));
    await end(desk, task, { state: "skipped", progress: task.progress, reason: SKIP_REASONS.returned });
  } catch (thrown) {
    const error = asTransshipError(thrown, `looking whether ${repository}:${tag} is gone`);
    const failure = safeFailure({ code: error.code, side: error.side ?? "source", message: error.message, hint: error.hint });
    const nextAttemptAt = new Date(desk.now().getTime() + retryDelay(error.code, task.attempts, error.retryAfterMs ?? 0));
    const again = CODES[error.code].retry !== "never" && task.attempts < MOST_ATTEMPTS;
    await end(
      desk,
      task,
      again
        ? { state: "retrying", progress: task.progress, failure, nextAttemptAt }
        : { state: "failed", progress: task.progress, failure },
    );
  }
  return undefined;
}

/** A store that fails here leaves the lease to end by itself. */
async function end(desk: AssignmentDesk, task: Task, outcome: AttemptOutcome): Promise<void> {
  try {
    desk.budgets.end(task.id);
    await desk.store.tasks.finish({ taskId: task.id, epoch: task.epoch }, outcome, desk.now());
    const after = await desk.store.tasks.get(task.id);
    tellOutcome(desk.executionLog, after);
    if (isFinal(TASK_TRANSITIONS, after.state)) desk.metrics.taskEnded((await desk.store.executions.get(task.executionId)).rule, after);
    desk.changes.notify(task.executionId, "state");
  } catch (thrown) {
    desk.log.warn({ err: thrown, task: task.id }, "a deletion that did not begin could not be ended");
  }
}
