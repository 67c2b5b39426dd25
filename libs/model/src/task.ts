import type { ErrorCode, Side } from "@transship/errors";
import type { BlobReport, BlobSums } from "./blob-report.ts";
import type { Overwrite } from "./rule.ts";
import type { TaskState } from "./task-state.ts";

/** A place of an artifact: an instance, a repository there, and a tag. */
export interface ArtifactPlace {
  readonly instance: string;
  readonly repository: string;
  readonly tag: string;
}

/** Payload bytes by how they came to the target. All are bytes of blobs; manifests are not counted. */
export interface ByteCounts {
  /** Fetched from a source in this execution: the rule's, or a sibling of it that is nearer. */
  readonly copied: number;
  /** Mounted from another repository of the target. */
  readonly mounted: number;
  /** At the target already. */
  readonly existing: number;
  /** Not fetched again thanks to a checkpoint. */
  readonly resumed: number;
  /** Fetched more than once, or thrown away. */
  readonly wasted: number;
}

export const NO_BYTES: ByteCounts = { copied: 0, mounted: 0, existing: 0, resumed: 0, wasted: 0 };

/** The sums of two counts. */
export function addBytes(a: ByteCounts, b: ByteCounts): ByteCounts {
  return {
    copied: a.copied + b.copied,
    mounted: a.mounted + b.mounted,
    existing: a.existing + b.existing,
    resumed: a.resumed + b.resumed,
    wasted: a.wasted + b.wasted,
  };
}

/** How far a task is. */
export interface TaskProgress {
  /** Bytes of all blobs of the artifact; 0 until the manifests are read. */
  readonly totalBytes: number;
  /** Bytes of blobs that are at the target, counting the blob under way. Never goes back within an attempt. */
  readonly doneBytes: number;
  /** Bytes of blobs that need not be fetched any more, at the target or on their way there, each once. At least `doneBytes`; never goes back within an attempt. */
  readonly fetchedBytes: number;
  readonly bytes: ByteCounts;
}

export const NO_PROGRESS: TaskProgress = { totalBytes: 0, doneBytes: 0, fetchedBytes: 0, bytes: NO_BYTES };

/** Why a task did not succeed, or not yet. */
export interface Failure {
  readonly code: ErrorCode;
  readonly side: Side | undefined;
  readonly message: string;
  readonly hint: string;
  /** What was tried before giving up; undefined = nothing more. */
  readonly tried?: string | undefined;
}

/** What a task does: brings an artifact over, or takes a tag at the target away that the source no longer has. */
export const TASK_OPERATIONS = ["copy", "delete"] as const;
export type TaskOperation = (typeof TASK_OPERATIONS)[number];

/**
 * Which part of its way a task was given out for last. `whole`: from source to target. `first`: from the source to the relay. `second`: from the relay to the target.
 * `target`: a deletion at the target by an agent that does not reach the source, which the control plane had looked at by another.
 */
export const TASK_LEGS = ["whole", "first", "second", "target"] as const;
export type TaskLeg = (typeof TASK_LEGS)[number];

/** How a task goes by way of a relay, where no agent reaches both sides. */
export interface TaskRelay {
  readonly place: ArtifactPlace;
  /** Whether the first hop has brought the artifact there. */
  readonly there: boolean;
  /** How it came there; undefined until it has. */
  readonly first: FirstHop | undefined;
}

/** A first hop that was done. */
export interface FirstHop {
  readonly agent: string;
  readonly placement: string;
  readonly path: TaskPath | undefined;
  /** First hops that were done: more than one where the relay lost what it had. */
  readonly times: number;
}

/** What a task is to do beyond its two places, its digest and `overwrite`. */
export interface TaskTerms {
  readonly operation: TaskOperation;
  /**
   * Where rules lead back to the source: the next of them. The tag then moves only while it names `expected`; another digest there is a conflict. Undefined = the
   * rule's `overwrite` alone decides.
   */
  readonly facing?: string | undefined;
  /** With overwrite `ours`, or `facing`: the digest that alone may be replaced; undefined = the tag must be absent. */
  readonly expected: string | undefined;
  /** The only platforms of an index to bring; undefined = all. */
  readonly platforms: readonly string[] | undefined;
  /** Brings what is missing even where the target's tag has the digest already. */
  readonly refill: boolean;
}

/** One end of the way that a task goes: the endpoint by which its agent reaches an instance. */
export interface PathEnd {
  readonly instance: string;
  readonly url: string;
  readonly network: string;
}

/** By which endpoints an agent reaches both sides. */
export interface TaskPath {
  readonly source: PathEnd;
  readonly target: PathEnd;
}

/** One artifact to bring from a source repository:tag to a target repository:tag, or a tag to take away there. */
export interface Task extends TaskTerms {
  readonly id: string;
  readonly executionId: string;
  readonly source: ArtifactPlace;
  readonly target: ArtifactPlace;
  /** The digest that was planned: of the source's artifact for a copy, of the target's tag for a deletion. */
  readonly digest: string;
  readonly overwrite: Overwrite;
  readonly state: TaskState;
  /** Grows with every lease; a report with an older epoch is refused. */
  readonly epoch: number;
  /** The agent that has the task, or had it last. */
  readonly agent: string | undefined;
  /** Where the process is that has or had it last: a data directory, on a machine since its boot. Undefined = not known. */
  readonly home?: string | undefined;
  /** Why that agent: one sentence. */
  readonly placement: string | undefined;
  /** The way that it goes; undefined until an agent has had the task. */
  readonly path: TaskPath | undefined;
  readonly leg: TaskLeg;
  /** Undefined where its rule names no relay. */
  readonly relay: TaskRelay | undefined;
  /** ISO 8601; end of the lease by the control plane's clock. */
  readonly leaseUntil: string | undefined;
  readonly attempts: number;
  /** ISO 8601; when a `retrying` task is tried again. */
  readonly nextAttemptAt: string | undefined;
  readonly progress: TaskProgress;
  /** What the blobs cost in the last attempt that ended, the largest `MOST_BLOB_REPORTS` in the order of arrival. Empty before, and in lists of tasks. */
  readonly blobs: readonly BlobReport[];
  /** The blobs of all attempts that ended, added up. Zeros in lists of tasks. */
  readonly blobSums: BlobSums;
  readonly failure: Failure | undefined;
  /** Why a `skipped` task was. */
  readonly skipReason: string | undefined;
  /** What was done otherwise than asked for. */
  readonly note: string | undefined;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}

/** `team0/app1:v1`, as users read it. */
export function artifactName(place: Pick<ArtifactPlace, "repository" | "tag">): string {
  return `${place.repository}:${place.tag}`;
}
