import type { wire } from "@transship/api";
import { nextRuns, type Rule } from "@transship/model";
import type { RuleTriggers } from "@transship/store";
import { duePoll } from "./due-poll.ts";

const NEXT_RUNS = 5;

/** When a rule ran and will run without being asked, for those who look at it. */
export function triggerStatus(rule: Rule, known: RuleTriggers | undefined, now: Date): wire.RuleTriggerStatus {
  const schedule = rule.spec.enabled ? rule.spec.triggers?.schedule : undefined;
  return {
    nextRuns: schedule === undefined ? [] : nextRuns(schedule, now, NEXT_RUNS).map((moment) => moment.toISOString()),
    lastDueAt: known?.lastDueAt ?? "",
    missedRuns: known?.missed ?? 0,
    lastMissedAt: known?.lastMissedAt ?? "",
    lastEventAt: known?.lastEventAt ?? "",
    lastEvent: known?.lastEvent ?? "",
    lastFullRunAt: known?.lastFullAt ?? "",
    nextPollAt: duePoll(rule, known)?.at.toISOString() ?? "",
  };
}
