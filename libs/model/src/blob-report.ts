/**
 * How a blob came to the target. `existing`: it was there. `mounted`: from another repository of the target. `joined`: another copy of the same process brought it.
 * `resumed`: copied, from a checkpoint on. `sibling`: copied from an instance that is nearer than the source. `copied`: from the source, all of it or what a sibling
 * that failed left.
 */
export const RUNGS = ["existing", "mounted", "joined", "resumed", "sibling", "copied"] as const;
export type Rung = (typeof RUNGS)[number];

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

/**
 * How far a blob was when the attempt ended. `done`: at the target. `failed`: what ended the attempt happened to it. `under-way`: it was stopped with the attempt.
 */
export const BLOB_STATES = ["done", "failed", "under-way"] as const;
export type BlobState = (typeof BLOB_STATES)[number];

/** What one blob cost, for people who ask why a copy took so long. */
export interface BlobReport {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
  readonly state: BlobState;
  /** For a blob that is not done: the rung that it was on. */
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
  /** From the first request to the confirmation, or to the end of the attempt. */
  readonly milliseconds: number;
}

/** A task keeps the reports of this many blobs at most. */
export const MOST_BLOB_REPORTS = 200;

/** The reports that a task keeps: those that are not done, and the largest of the others, in the order given. */
export function largestBlobs(reports: readonly BlobReport[]): readonly BlobReport[] {
  if (reports.length <= MOST_BLOB_REPORTS) return reports;
  const rank = ({ state, size }: BlobReport) => (state === "done" ? size : Number.POSITIVE_INFINITY);
  const largest = new Set(
    reports.toSorted((a, b) => (rank(a) === rank(b) ? b.size - a.size : rank(b) - rank(a))).slice(0, MOST_BLOB_REPORTS),
  );
  return reports.filter((report) => largest.has(report));
}

/** The blobs of one rung, added up. */
export interface RungSum {
  /** Blobs that are at the target. */
  readonly count: number;
  /** Their sizes. */
  readonly bytes: number;
  /** Requests that had to be repeated, also for blobs that did not arrive. */
  readonly retries: number;
}

/** Blobs by rung. Attempts are added up as they happened: a blob that one attempt copied and the next found at the target is in both sums. */
export type BlobSums = Readonly<Record<Rung, RungSum>>;

export const NO_BLOBS: BlobSums = sumsOf(() => ({ count: 0, bytes: 0, retries: 0 }));

/** Sums made rung by rung. */
export function sumsOf(make: (rung: Rung) => RungSum): BlobSums {
  return Object.fromEntries(RUNGS.map((rung) => [rung, make(rung)])) as unknown as BlobSums;
}

/** The sums of two sums. */
export function addBlobSums(a: BlobSums, b: BlobSums): BlobSums {
  return sumsOf((rung) => ({
    count: a[rung].count + b[rung].count,
    bytes: a[rung].bytes + b[rung].bytes,
    retries: a[rung].retries + b[rung].retries,
  }));
}

/** The sums of an attempt's reports. */
export function sumBlobs(reports: readonly BlobReport[]): BlobSums {
  const sums = sumsOf(() => ({ count: 0, bytes: 0, retries: 0 })) as Record<Rung, { -readonly [K in keyof RungSum]: RungSum[K] }>;
  for (const { rung, state, size, retries } of reports) {
    const sum = sums[rung];
    sum.retries += retries;
    if (state !== "done") continue;
    sum.count += 1;
    sum.bytes += size;
  }
  return sums;
}

/** Requests that had to be repeated, over all rungs. */
export function retriesOf(sums: BlobSums): number {
  return RUNGS.reduce((total, rung) => total + sums[rung].retries, 0);
}
