import type { Failure, Rule } from "@transship/model";
import { cappedFailure } from "../planning/capped-failure.ts";
import { type DeletionGround, planDeletions, type TargetDeletions } from "../planning/plan-deletions.ts";
import type { RuleInstances } from "../planning/rule-instances.ts";
import { addTasks } from "./add-tasks.ts";
import type { ExecutionDesk } from "./execution-desk.ts";

/**
 * Turns what the source no longer has into tasks that delete, once its listing has ended whole. Returns why some was left, where a target would lose more than the
 * rule allows.
 */
export async function planDeletionTasks(
  desk: ExecutionDesk,
  execution: string,
  rule: Rule,
  instances: RuleInstances,
  ground: DeletionGround,
  signal: AbortSignal,
): Promise<Failure | undefined> {
  const capped: TargetDeletions[] = [];
  for await (const deletions of planDeletions(desk, rule, instances, ground, signal)) {
    signal.throwIfAborted();
    const { items, target } = deletions;
    for (const { action, reason, source: from, target: at, digest } of items) {
      const log = { execution, rule: rule.name, tag: `${at.instance}/${at.repository}:${at.tag}`, digest, from: from.repository, reason };
      desk.log.info(log, action === "delete" ? "deletion planned" : "deletion left");
    }
    await addTasks(desk, execution, items, rule.spec);
    if (deletions.capped > 0) {
      capped.push(deletions);
      desk.log.warn(
        { execution, rule: rule.name, target: target.instance, gone: deletions.capped, present: deletions.present },
        "deletions capped",
      );
    }
  }
  return capped.length === 0 ? undefined : cappedFailure(rule, capped);
}
