import type { ArtifactPlace } from "./task.ts";

/** What a plan does with one artifact. */
export type PlanAction = "copy" | "skip";

/** Why, in a word that programs can match; the text for people is derived from it. */
export const PLAN_REASONS = {
  missing: "not at the target",
  changed: "another digest at the target",
  signed: "its signatures or attestations at the target differ",
  kept: "the target has another digest and the rule never overwrites",
  own: "it is a copy that this rule made",
  unnameable: "its name at the target would not be a valid repository name",
  collides: "another repository of the source has this name at the target",
} as const;
export type PlanReason = keyof typeof PLAN_REASONS;

/** One line of a plan. Artifacts that are equal on both sides are counted, not listed. */
export interface PlanItem {
  readonly source: ArtifactPlace;
  readonly target: ArtifactPlace;
  readonly digest: string;
  readonly action: PlanAction;
  readonly reason: PlanReason;
  /** The reason in more words than the table's, where there is something to name. */
  readonly detail?: string;
}
