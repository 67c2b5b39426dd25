/** Blobs up to this size are small requests rather than transfers: mostly configs, attestations and small layers, over in a few round trips. */
const SMALL_BYTES = 1024 * 1024;

/** Something to do that takes a place in the schedule. Known by its identity: one object, one job. */
export interface Job {
  /** Whose work it is: shares take turns, however much each of them has to do. */
  readonly share: string;
  /** Bytes that it will move; 0 for a question. */
  readonly bytes: number;
}

/** Whether a job belongs into the lane for small requests. */
export function isSmall(job: Job): boolean {
  return job.bytes <= SMALL_BYTES;
}
