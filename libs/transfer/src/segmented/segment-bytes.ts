const KIB = 1024;

/** Smallest and largest segment, in bytes. One lane alone is no reason to ask often. */
const SEGMENT = { least: 256 * KIB, most: 8192 * KIB, alone: 65_536 * KIB } as const;
/** What a lane brings in so many round trips: the one between two requests, in which it stands idle, is then a few per cent. */
const ROUND_TRIPS = 20;
/** Where that is less, or nothing is known yet, in bytes. */
const USUAL = { slow: 512 * KIB, unknown: 1024 * KIB } as const;
/** What is left is cut into so many segments for each lane, so that segments shrink towards the end and all lanes end together. */
const ROUNDS_LEFT = 2;

/** What the size of a segment depends on. */
export interface LaneLoad {
  /** Bytes that nobody fetches yet, over all blobs on the path. */
  readonly left: number;
  readonly lanes: number;
  /** Throughput of all lanes together, where known; bytes a second. */
  readonly rate: number | undefined;
  readonly rttMs: number;
}

/**
 * Bytes of the next segment: enough that a round trip between two costs little, no more than the upload that follows in order can wait for, and towards the end so
 * little that no lane is left behind with much.
 */
export function segmentBytes({ left, lanes, rate, rttMs }: LaneLoad): number {
  const most = lanes === 1 ? SEGMENT.alone : SEGMENT.most;
  const worthwhile = rate === undefined ? USUAL.unknown : Math.max((rate / lanes) * (rttMs / 1000) * ROUND_TRIPS, USUAL.slow);
  const share = lanes === 1 ? left : left / (lanes * ROUNDS_LEFT);
  return Math.ceil(Math.max(Math.min(share, lanes === 1 ? most : worthwhile, most), SEGMENT.least));
}
