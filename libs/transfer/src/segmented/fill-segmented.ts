import { setTimeout as sleep } from "node:timers/promises";
import type { BlobAccount } from "../blob-account.ts";
import type { BlobSource } from "../sibling/sibling-source.ts";
import { fillSequentially } from "../spool/fill-sequentially.ts";
import { PieceWriter } from "../spool/piece-writer.ts";
import type { Filler, Spool } from "../spool/spool.ts";
import { Interruption } from "./interruption.ts";
import type { Lanes } from "./lanes.ts";
import { RangesIgnored, readSegment } from "./read-segment.ts";
import type { Runner } from "./runner.ts";
import type { Segment } from "./segment.ts";
import { SegmentQueue } from "./segment-queue.ts";
import { splitSegment } from "./split-segment.ts";
import { watchStragglers } from "./watch-stragglers.ts";

/** How often free lanes look whether a slow request wants help, in milliseconds. */
const LOOK_EVERY_MS = 100;

/**
 * Fills a spool by ranges side by side, as many as the path's lanes allow. The order is from the start, so that the upload can follow; at the end free lanes take
 * halves of what others have left. A server that ignores ranges is read in one go.
 */
export function fillSegmented(source: BlobSource, lanes: Lanes, account: BlobAccount): Filler {
  return async (spool, signal) => {
    try {
      await fetchAll({ spool, source, lanes, account, runners: new Set() }, signal);
    } catch (error) {
      if (!(error instanceof RangesIgnored)) throw error;
      await fillSequentially(source, account)(spool, signal);
    }
  };
}

interface Fetching {
  readonly spool: Spool;
  readonly source: BlobSource;
  readonly lanes: Lanes;
  readonly account: BlobAccount;
  readonly runners: Set<Runner>;
}

async function fetchAll(work: Fetching, signal: AbortSignal): Promise<void> {
  const { spool, lanes, runners } = work;
  const queue = new SegmentQueue(spool.missing());
  const failed = new AbortController();
  const both = AbortSignal.any([signal, failed.signal]);
  const flights = new Set<Promise<void>>();
  using _ = watchStragglers(runners);
  using __ = lanes.serve(queue);
  while (!both.aborted) {
    const segment = await nextSegment(queue, lanes, runners, both);
    if (segment === undefined) {
      if (flights.size === 0) break;
      await Promise.race([...flights, sleep(LOOK_EVERY_MS, undefined, { ref: false })]);
      continue;
    }
    const flight: Promise<void> = fetchSegment(work, segment, both)
      .catch((error: unknown) => failed.abort(error))
      .finally(() => {
        flights.delete(flight);
        lanes.leave();
      });
    flights.add(flight);
  }
  await Promise.all(flights);
  signal.throwIfAborted();
  if (failed.signal.aborted) throw failed.signal.reason;
}

/** The next segment, with a lane taken for it: from the queue as soon as a lane is free, then half of a slow one where a lane is free now. */
async function nextSegment(
  queue: SegmentQueue,
  lanes: Lanes,
  runners: ReadonlySet<Runner>,
  signal: AbortSignal,
): Promise<Segment | undefined> {
  if (queue.left > 0) {
    // Whoever has a lane must come back with a segment, also when the signal aborts right then: the segment's end gives the lane back.
    const entered = await lanes.enter(signal).then(
      () => true,
      () => false,
    );
    return entered ? queue.next(lanes.segmentBytes) : undefined;
  }
  const segment = lanes.free ? splitSegment(runners, performance.now(), lanes.rttMs) : undefined;
  if (segment !== undefined) await lanes.enter(signal);
  return segment;
}

async function fetchSegment(work: Fetching, segment: Segment, signal: AbortSignal): Promise<void> {
  const { spool, source, lanes, account, runners } = work;
  const runner: Runner = { segment, interruption: new Interruption(), since: performance.now(), from: segment.position };
  const writer = new PieceWriter(spool, segment.start);
  runners.add(runner);
  account.inFlight(runners.size);
  try {
    for await (const bytes of readSegment(source, segment, { interruption: runner.interruption, lanes }, account, signal)) {
      lanes.note(bytes.byteLength);
      await writer.push(bytes);
    }
  } finally {
    runners.delete(runner);
    await writer.finish();
  }
}
