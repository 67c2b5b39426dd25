import { setTimeout as sleep } from "node:timers/promises";
import type { Journal, PathKnowledge } from "./journal.ts";
import { firstLanes, settledLanes } from "./segmented/lane-count.ts";
import { Lanes } from "./segmented/lanes.ts";

/** Round trips below this many milliseconds are a short path: one stream fills it, or else shows itself slow. */
export const SHORT_MS = 20;
/** An answer that took so long while this process did nothing else came from far away, even if it was the first over its connection. */
const FAR_MS = 150;
/** Round trips below this many milliseconds do not leave a site. */
const NEAR_MS = 5;
/** What takes longer than this was held up, e.g. by a pause that the registry asked for, and says nothing of the distance. */
const HELD_UP_MS = 1_500;
/** A stream slower than so many bytes a second does not fill any path worth the name: something holds single connections back. */
const SLOW_STREAM = 10 * 1024 * 1024;
/** Streams that are both smaller and shorter than this say nothing about throughput. */
const TELLING_BYTES = 1024 * 1024;
const TELLING_MS = 1_000;
/** How long a measured round trip is believed, in milliseconds. */
const BELIEVED_MS = 24 * 3_600_000;
/** A round trip or rate that changed by this factor makes it another path, or is worth writing down. */
const CHANGED = 1.5;

/** What this process has seen of the way to one registry. */
interface Path {
  /** Shortest time from a small request to its answer, in milliseconds: the round trip plus the least that the registry takes. */
  rttMs: number | undefined;
  /** When that was measured, in milliseconds since the epoch. */
  measuredAt: number;
  /** Longest time that this process was idle while an answer was on its way, in milliseconds: that much was surely not its own doing. */
  waitedMs: number;
  /** Throughput of single streams, a moving average; bytes a second. */
  streamRate: number | undefined;
  lanes: Lanes | undefined;
  /** The measurement, under way or done. */
  measured: Promise<void> | undefined;
  /** What the journal says. */
  kept: PathKnowledge | undefined;
}

/** The ways to registries, by what small requests and streams showed, in this process and in earlier ones. Everything is learned; nothing is configured. */
export class PathMemory {
  readonly #paths = new Map<string, Path>();
  readonly #journal: Pick<Journal, "path" | "savePath">;
  readonly #now: () => number;

  /** `now`: milliseconds since the epoch. */
  constructor(journal: Pick<Journal, "path" | "savePath">, now: () => number = Date.now) {
    this.#journal = journal;
    this.#now = now;
  }

  /** Does a small request, and learns from the time that it takes. */
  async timed<T>(registry: string, request: () => Promise<T>): Promise<T> {
    const path = this.#path(registry);
    const before = performance.eventLoopUtilization();
    const startedAt = performance.now();
    const answer = await request();
    const elapsed = performance.now() - startedAt;
    if (elapsed > HELD_UP_MS) return answer;
    path.waitedMs = Math.max(path.waitedMs, Math.min(performance.eventLoopUtilization(before).idle, elapsed));
    if (path.rttMs === undefined || elapsed < path.rttMs) Object.assign(path, { rttMs: elapsed, measuredAt: this.#now() });
    return answer;
  }

  /**
   * Learns the round trip time to a registry, where it is not known to be short: sends a small request twice, since the first one also pays for the connection.
   * Once a registry and day; whoever comes meanwhile waits for the same.
   */
  async measure(registry: string, request: () => Promise<unknown>): Promise<void> {
    const path = this.#path(registry);
    const aged = path.rttMs !== undefined && this.#now() - path.measuredAt >= BELIEVED_MS;
    if (aged) Object.assign(path, { rttMs: undefined, waitedMs: 0, measured: undefined });
    if (path.rttMs !== undefined && path.rttMs < SHORT_MS) return;
    path.measured ??= this.#timedTwice(registry, request).catch(() => {
      path.measured = undefined;
    });
    await path.measured;
  }

  /** Waits until a measurement that is under way has shown whether the path is short; on one that is surely long, no longer than a short one would take. */
  async known(registry: string): Promise<void> {
    const { waitedMs, measured } = this.#path(registry);
    await (waitedMs >= FAR_MS ? Promise.race([measured, sleep(SHORT_MS, undefined, { ref: false })]) : measured);
  }

  /**
   * A single stream brought `bytes` in so many milliseconds, in which this process was idle for `idle`. Where it was slow only by what the process did besides, that
   * says nothing of the path.
   */
  streamed(registry: string, bytes: number, milliseconds: number, idle = milliseconds): void {
    if (bytes < TELLING_BYTES && milliseconds < TELLING_MS) return;
    const path = this.#path(registry);
    const rate = rateOf(bytes, milliseconds);
    if (rate <= SLOW_STREAM && rateOf(bytes, idle) > SLOW_STREAM) return;
    path.streamRate = path.streamRate === undefined ? rate : path.streamRate * 0.7 + rate * 0.3;
  }

  /** Whether one stream fills the path. A path that nothing is known of counts as short: the first blobs show what it is. */
  isShort(registry: string): boolean {
    const path = this.#path(registry);
    return !isLong(path) && (path.streamRate === undefined || path.streamRate > SLOW_STREAM);
  }

  /** Round trip time in milliseconds, where known. */
  rttMs(registry: string): number | undefined {
    return this.#path(registry).rttMs;
  }

  /** Whether the registry is at the same site: a short path that is known to be one, not one that nothing is known of. */
  isNear(registry: string): boolean {
    const { rttMs, waitedMs } = this.#path(registry);
    return rttMs !== undefined && Math.min(rttMs, waitedMs) < NEAR_MS && this.isShort(registry);
  }

  /** Throughput of single streams in bytes a second, where known. */
  streamRate(registry: string): number | undefined {
    return this.#path(registry).streamRate;
  }

  /** Most bytes a second that a stream, or ranges side by side, brought; undefined where neither was seen. */
  rate(registry: string): number | undefined {
    const { streamRate, lanes, kept } = this.#path(registry);
    const rates = [streamRate, lanes?.state.best?.rate ?? kept?.lanes?.rate].filter((rate) => rate !== undefined);
    return rates.length === 0 ? undefined : Math.max(...rates);
  }

  /** The ranges in flight on the path. */
  lanes(registry: string): Lanes {
    const path = this.#path(registry);
    if (path.lanes !== undefined) return path.lanes;
    const { rttMs = 0, kept } = path;
    const state = kept?.lanes === undefined || isOther(rttMs, kept.rttMs) ? firstLanes(rttMs) : settledLanes(kept.lanes);
    // Measured once more while the first ranges are under way: until then it may hold the time for a connection.
    path.lanes = new Lanes(() => path.rttMs ?? 0, state);
    return path.lanes;
  }

  /** Writes down what later processes should know of the path, where that is new. */
  keep(registry: string): void {
    const path = this.#path(registry);
    const { rttMs, streamRate, measuredAt, kept } = path;
    if (rttMs === undefined || (rttMs >= SHORT_MS && !isLong(path))) return;
    const settled = path.lanes?.state.phase === "settled" ? path.lanes.state.best : undefined;
    const lanes = settled ?? (kept !== undefined && !isOther(rttMs, kept.rttMs) ? kept.lanes : undefined);
    const knowledge: PathKnowledge = { rttMs, measuredAt, streamRate, lanes };
    if (kept !== undefined && !isNews(knowledge, kept)) return;
    path.kept = knowledge;
    this.#journal.savePath(registry, knowledge);
  }

  async #timedTwice(registry: string, request: () => Promise<unknown>): Promise<void> {
    await this.timed(registry, request);
    await this.timed(registry, request);
  }

  #path(registry: string): Path {
    const known = this.#paths.get(registry);
    if (known !== undefined) return known;
    const kept = this.#journal.path(registry);
    const path: Path = { rttMs: undefined, measuredAt: 0, waitedMs: 0, streamRate: undefined, lanes: undefined, measured: undefined, kept };
    if (kept !== undefined && Math.abs(this.#now() - kept.measuredAt) < BELIEVED_MS) {
      Object.assign(path, {
        rttMs: kept.rttMs,
        waitedMs: kept.rttMs,
        measuredAt: kept.measuredAt,
        streamRate: kept.streamRate,
        measured: Promise.resolve(),
      });
    }
    this.#paths.set(registry, path);
    return path;
  }
}

/** Every answer took long, and of one it is sure that this was not because the process was busy with others. */
function isLong({ rttMs, waitedMs }: Path): boolean {
  return rttMs !== undefined && Math.min(rttMs, waitedMs) >= SHORT_MS;
}

/** Bytes a second. */
function rateOf(bytes: number, milliseconds: number): number {
  return (bytes * 1000) / Math.max(milliseconds, 1);
}

function isNews(now: PathKnowledge, before: PathKnowledge): boolean {
  if (now.lanes?.lanes !== before.lanes?.lanes || now.measuredAt - before.measuredAt >= BELIEVED_MS) return true;
  return isOther(now.rttMs, before.rttMs) || isOther(now.streamRate ?? 0, before.streamRate ?? 0);
}

function isOther(a: number, b: number): boolean {
  return Math.max(a, b) > Math.min(a, b) * CHANGED;
}
