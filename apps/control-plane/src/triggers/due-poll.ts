import { DEFAULT_POLL_MS, type Rule } from "@transship/model";
import type { RuleTriggers } from "@transship/store";

/**
 * When a rule that waits for events is to look at everything next; undefined = it waits for none, or is disabled. Counted from the last run of everything and,
 * where there never was one, from when the rule was made, so that making a rule moves nothing yet. Pure.
 */
export function duePoll({ spec, createdAt }: Rule, known: RuleTriggers | undefined): Date | undefined {
  if (!spec.enabled || spec.triggers?.events !== true) return undefined;
  return new Date(Date.parse(known?.lastFullAt ?? createdAt) + (spec.triggers.poll ?? DEFAULT_POLL_MS));
}
