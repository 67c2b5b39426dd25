import type { ArtifactPlace } from "./task.ts";

/** What a plan does with one artifact. */
export type PlanAction = "copy" | "skip" | "delete";

/** Why, in a word that programs can match; the text for people is derived from it. */
export const PLAN_REASONS = {
  missing: "not at the target",
  changed: "another digest at the target",
  signed: "its signatures or attestations at the target differ",
  platforms: "the rule has platforms now that were not brought before",
  settled: "it differs on both sides, and the source's was chosen",
  gone: "the source no longer has it",
  kept: "the target has another digest and the rule never overwrites",
  foreign: "the target's tag is not what this rule brought, and the rule touches nothing else",
  own: "it is a copy that this rule made",
  unnameable: "its name at the target would not be a valid repository name",
  collides: "another repository of the source has this name at the target",
  ahead: "the target has something newer, which another rule brings to the source",
  yields: "it moved on both sides, and the choice is the target's, which another rule brings to the source",
  withdrawn: "the target had it and it was deleted there",
  conflict: "it moved on both sides",
  capped: "the source no longer has it, but the rule does not allow so many deletions at one target",
} as const;
export type PlanReason = keyof typeof PLAN_REASONS;

/** One line of a plan. Artifacts that are equal on both sides are counted, not listed. */
export interface PlanItem {
  readonly source: ArtifactPlace;
  readonly target: ArtifactPlace;
  /** At the source; for deletions and those that are left, at the target. */
  readonly digest: string;
  /** Digest of the target's tag; absent = it has no such tag. */
  readonly atTarget?: string | undefined;
  readonly action: PlanAction;
  readonly reason: PlanReason;
  /** The reason in more words than the table's, where there is something to name. */
  readonly detail?: string;
  /** Where rules lead back to the source: the next of them. A copy is then made only while the target's tag names `expected`. */
  readonly facing?: string | undefined;
  /** With `facing`: what both sides had last; absent = nothing is known that both had. */
  readonly base?: string | undefined;
  /** With overwrite `ours`, or `facing`: the digest that alone may be replaced. Absent where the target has no such tag. */
  readonly expected?: string | undefined;
  /** Whether the target's tag has the digest and parts of the artifact are missing all the same. */
  readonly refill?: boolean | undefined;
}
