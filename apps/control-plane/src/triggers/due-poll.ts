import { DEFAULT_POLL_MS, type Rule, type Trigger } from "@transship/model";
import type { RuleTriggers } from "@transship/store";

/** A look at everything that is to come. */
export interface DuePoll {
  readonly at: Date;
  readonly trigger: Extract<Trigger, "poll" | "fill" | "repair">;
}

/**
 * When a rule that waits for events is to look at everything next; undefined = it waits for none, or is disabled. Counted from the last run of everything and,
 * where there never was one, from when the rule was made, so that making a rule moves nothing yet. An edge of a replication that never ran is due at once, since
 * making it says that everything is to be at its replica. `repairAt`: when what the edge's last run did not bring over is tried again; a run since then has taken
 * that up already. Pure.
 */
export function duePoll(rule: Rule, known: Pick<RuleTriggers, "lastFullAt"> | undefined, repairAt?: string): DuePoll | undefined {
  const { spec, edge, createdAt } = rule;
  if (!spec.enabled || spec.triggers?.events !== true) return undefined;
  const lastFullAt = known?.lastFullAt;
  if (edge !== undefined && lastFullAt === undefined) return { at: new Date(createdAt), trigger: "fill" };
  const poll = { at: new Date(Date.parse(lastFullAt ?? createdAt) + (spec.triggers.poll ?? DEFAULT_POLL_MS)), trigger: "poll" } as const;
  if (repairAt === undefined || (lastFullAt !== undefined && lastFullAt >= repairAt)) return poll;
  const repair = { at: new Date(repairAt), trigger: "repair" } as const;
  return repair.at < poll.at ? repair : poll;
}
