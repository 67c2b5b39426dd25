import { PLAN_REASONS } from "./plan.ts";

/** Why an agent left a task alone, by a word that programs can match. The words of a plan, and what only the moment itself shows. */
export const SKIP_REASONS = {
  kept: PLAN_REASONS.kept,
  foreign: PLAN_REASONS.foreign,
  immutable: "the target forbids moving this tag",
  "other-platform": "it has none of the platforms that the rule names",
  returned: "the source has it again",
  moved: "the target's tag is not what it was when the deletion was planned",
  shared: "the target deletes manifests only, and another tag needs this one",
  undeletable: "the target does not allow deletions",
} as const;
export type SkipReason = keyof typeof SKIP_REASONS;

/** The word of a text that begins with that of a reason; undefined for the words of another version. */
export function skipReasonOf(text: string): SkipReason | undefined {
  return (Object.keys(SKIP_REASONS) as SkipReason[]).find((reason) => text.startsWith(SKIP_REASONS[reason]));
}
