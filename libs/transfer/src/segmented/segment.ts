/** A part of a blob that one request fetches. Its end may come nearer while it is fetched: the rest was given to another request. */
export interface Segment {
  readonly start: number;
  /** Next byte to come. */
  position: number;
  end: number;
}

/** Bytes of a segment that have not come. */
export function remaining(segment: Segment): number {
  return segment.end - segment.position;
}
