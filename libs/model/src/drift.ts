/**
 * How a replica differs from what it should hold. `missing`: it lacks the tag. `different`: its tag names another digest. `extra`: it has a tag that the primary has
 * not; of a rule's target, only one that the rule brought.
 */
export const DRIFT_KINDS = ["missing", "different", "extra"] as const;
export type DriftKind = (typeof DRIFT_KINDS)[number];

/** Why a difference is there, as far as is known, in a word that programs can match; the text for people says more. */
export const DRIFT_REASONS = {
  running: "a task brings it now",
  waiting: "a task waits for an agent",
  retrying: "a task failed for now and is tried again",
  failed: "a task failed",
  cancelled: "a task was cancelled",
  skipped: "a task was skipped",
  planned: "an execution that is under way or waits looks at it",
  disabled: "what should bring it is disabled",
  failing: "the last execution did not come to it",
  kept: "the rule never overwrites",
  foreign: "the rule replaces only what it brought, and this is something else",
  removed: "it was brought, and somebody took it away since",
  replaced: "it was brought, and somebody put something else there since",
  brought: "it was brought, and its source has it no more",
  stranger: "nobody that Transship knows of brought it",
  unknown: "nothing is known of it yet",
} as const;
export type DriftReason = keyof typeof DRIFT_REASONS;

/** One difference at a replica. */
export interface DriftItem {
  readonly kind: DriftKind;
  /** At the replica. */
  readonly repository: string;
  readonly tag: string;
  /** The repository where it should come from, at the primary or the rule's source. */
  readonly sourceRepository: string;
  /** What the primary's tag names; undefined for what is extra. */
  readonly digest: string | undefined;
  /** What the replica's tag names; undefined for what is missing, and for what is extra, which is found by its name only. */
  readonly atReplica: string | undefined;
  /** Since when, or when it was first seen where nothing tells more; ISO 8601, UTC. */
  readonly since: string;
  readonly reason: DriftReason;
  /** The reason for people, with names. */
  readonly explanation: string;
  /** The edge or rule that should have brought it: of several on the way the first that did not. */
  readonly edge: string;
  readonly taskId?: string | undefined;
  readonly executionId?: string | undefined;
  /** Code of the failure that keeps it from coming. */
  readonly code?: string | undefined;
}

/** What a replica is checked for: the replication or rule by whose word it should hold something. */
export interface DriftSubject {
  readonly kind: "replication" | "rule";
  readonly name: string;
}

/** What a check of a replica found. Moments are ISO 8601, UTC. */
export interface DriftCheck {
  readonly subject: DriftSubject;
  readonly replica: string;
  readonly checkedAt: string;
  /** Tags that are equal. */
  readonly equal: number;
  readonly missing: number;
  readonly different: number;
  readonly extra: number;
  /** The oldest moment since which something is missing or different; undefined = nothing is. */
  readonly behindSince: string | undefined;
}

/** Differences of a replica that are told and kept, at most; more are only counted. */
export const MOST_DRIFT_ITEMS = 10_000;

/** All differences of a check. */
export function driftOf({ missing, different, extra }: Pick<DriftCheck, DriftKind>): number {
  return missing + different + extra;
}
