import type { ErrorCode, Side } from "@transship/errors";
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
  readonly bytes: ByteCounts;
}

/**
 * How a blob came to the target. `existing`: it was there. `mounted`: from another repository of the target. `joined`: another copy of the same process brought it.
 * `resumed`: copied, from a checkpoint on. `sibling`: copied from an instance that is nearer than the source. `copied`: from the source, all of it or what a sibling
 * that failed left.
 */
export type Rung = "existing" | "mounted" | "joined" | "resumed" | "sibling" | "copied";

/**
 * How the bytes of a copied blob moved. `stream`: one GET piped into one PUT. `spooled`: one GET into the spool, uploaded beside it. `segmented`: ranges side by side
 * into the spool, uploaded in order beside them.
 */
export type Way = "stream" | "spooled" | "segmented";

/**
 * How the requests of an upload carried a blob. `single-post`: one POST. `monolithic`: one PUT. `patch-then-put`: one PATCH, and a PUT to end it. `chunked`: PATCHes in
 * order, and a PUT to end them.
 */
export type UploadWay = "single-post" | "monolithic" | "patch-then-put" | "chunked";

/** What one blob cost, for people who ask why a copy took so long. */
export interface BlobReport {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly rung: Rung;
  /** Only of blobs that were copied. */
  readonly way: Way | undefined;
  /** The sibling that bytes came from; undefined where all came from the rule's source, or none came. */
  readonly from: string | undefined;
  /** How the upload of a copied blob ended. Absent for others, and in reports of older versions. */
  readonly upload?: UploadWay | undefined;
  /** Most ranges in flight at once. */
  readonly ranges: number;
  /** Requests that had to be repeated, at either side. */
  readonly retries: number;
  /** Bytes fetched, taken from a checkpoint, and fetched in vain. */
  readonly copied: number;
  readonly resumed: number;
  readonly wasted: number;
  /** From the first request to the confirmation. */
  readonly milliseconds: number;
}

/** A task keeps the reports of this many blobs at most. */
export const MOST_BLOB_REPORTS = 200;

/** The reports that a task keeps: the largest blobs, in the order given. */
export function largestBlobs(reports: readonly BlobReport[]): readonly BlobReport[] {
  if (reports.length <= MOST_BLOB_REPORTS) return reports;
  const largest = new Set(reports.toSorted((a, b) => b.size - a.size).slice(0, MOST_BLOB_REPORTS));
  return reports.filter((report) => largest.has(report));
}

/** Why a task did not succeed, or not yet. */
export interface Failure {
  readonly code: ErrorCode;
  readonly side: Side | undefined;
  readonly message: string;
  readonly hint: string;
}

/** One artifact to bring from a source repository:tag to a target repository:tag. */
export interface Task {
  readonly id: string;
  readonly executionId: string;
  readonly source: ArtifactPlace;
  readonly target: ArtifactPlace;
  /** The digest that was planned. */
  readonly digest: string;
  readonly overwrite: Overwrite;
  readonly state: TaskState;
  /** Grows with every lease; a report with an older epoch is refused. */
  readonly epoch: number;
  /** The agent that has the task, or had it last. */
  readonly agent: string | undefined;
  /** Why that agent: one sentence. */
  readonly placement: string | undefined;
  /** ISO 8601; end of the lease by the control plane's clock. */
  readonly leaseUntil: string | undefined;
  readonly attempts: number;
  /** ISO 8601; when a `retrying` task is tried again. */
  readonly nextAttemptAt: string | undefined;
  readonly progress: TaskProgress;
  /** What the blobs of a task that succeeded cost, the largest `MOST_BLOB_REPORTS` in the order of arrival. Empty before, and in lists of tasks. */
  readonly blobs: readonly BlobReport[];
  readonly failure: Failure | undefined;
  /** Why a `skipped` task was. */
  readonly skipReason: string | undefined;
  readonly createdAt: string;
  readonly startedAt: string | undefined;
  readonly finishedAt: string | undefined;
}

/** `team0/app1:v1`, as users read it. */
export function artifactName(place: Pick<ArtifactPlace, "repository" | "tag">): string {
  return `${place.repository}:${place.tag}`;
}
