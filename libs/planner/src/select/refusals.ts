/** Why a repository or tag of the source is not selected, in a word that programs can match, and what it means. Nothing else is ever a reason. */
export const REFUSALS = {
  namespace: "outside the namespace that the rule reads",
  "repository-pattern": "its repository does not match the source's pattern",
  "repository-not-included": "no include pattern matches its repository",
  "repository-excluded": "an exclude pattern matches its repository",
  "tag-pattern": "its tag does not match the source's pattern",
  "not-included": "no include pattern matches its tag",
  excluded: "an exclude pattern matches its tag",
  "not-a-version": "its tag is no semantic version",
  "outside-range": "its version is outside the range",
  "pre-release": "its version is a pre-release",
  "other-kind": "it is of another kind",
  "no-time": "nothing tells when it was pushed or created",
  "too-old": "it is older than the rule takes",
  "not-newest": "enough newer ones are selected",
  "subject-not-selected": "it belongs to a digest that no selected tag names",
} as const;

/** A reason out of {@link REFUSALS}. */
export type Reason = keyof typeof REFUSALS;

/** Why something is not selected. */
export interface Refusal {
  readonly reason: Reason;
  /** For people: names the pattern, range, kind or time that decided. */
  readonly explanation: string;
}

export function refuse(reason: Reason, explanation: string): Refusal {
  return { reason, explanation };
}
