import { Lanes } from "./segmented/lanes.ts";

/** Round trips below this many milliseconds are a short path: one stream fills it, or else shows itself slow. */
const SHORT_MS = 20;
/** Round trips below this many milliseconds do not leave a site. */
const NEAR_MS = 5;
/** A stream slower than so many bytes a second does not fill any path worth the name: something holds single connections back. */
const SLOW_STREAM = 10 * 1024 * 1024;
/** Streams that are both smaller and shorter than this say nothing about throughput. */
const TELLING_BYTES = 1024 * 1024;
const TELLING_MS = 1_000;

/** What this process has seen of the way to one registry. */
interface Path {
  /** Shortest time from a small request to its answer, in milliseconds: the round trip plus the least that the registry takes. */
  rttMs: number | undefined;
  /** Throughput of single streams, a moving average; bytes a second. */
  streamRate: number | undefined;
  lanes: Lanes | undefined;
  /** The measurement, under way or done. */
  measured: Promise<void> | undefined;
}

/** The ways to registries, by what small requests and streams showed. Everything is learned; nothing is configured. */
export class PathMemory {
  readonly #paths = new Map<string, Path>();

  /** Learns the round trip time to a registry by sending a small request twice: the first one also pays for the connection. Once a registry. */
  async measure(registry: string, request: () => Promise<unknown>): Promise<void> {
    const path = this.#path(registry);
    path.measured ??= timeTwice(request).then(
      (milliseconds) => {
        path.rttMs = milliseconds;
      },
      () => {
        path.measured = undefined;
      },
    );
    await path.measured;
  }

  /** A single stream brought `bytes` in so many milliseconds. */
  streamed(registry: string, bytes: number, milliseconds: number): void {
    if (bytes < TELLING_BYTES && milliseconds < TELLING_MS) return;
    const path = this.#path(registry);
    const rate = (bytes * 1000) / Math.max(milliseconds, 1);
    path.streamRate = path.streamRate === undefined ? rate : path.streamRate * 0.7 + rate * 0.3;
  }

  /** Whether one stream fills the path. A path that nothing is known of counts as short: the first blobs show what it is. */
  isShort(registry: string): boolean {
    const { rttMs, streamRate } = this.#path(registry);
    return (rttMs === undefined || rttMs < SHORT_MS) && (streamRate === undefined || streamRate > SLOW_STREAM);
  }

  /** Whether the registry is at the same site: a short path that is known to be one, not one that nothing is known of. */
  isNear(registry: string): boolean {
    const { rttMs } = this.#path(registry);
    return rttMs !== undefined && rttMs < NEAR_MS && this.isShort(registry);
  }

  /** Throughput of single streams in bytes a second, where known. */
  streamRate(registry: string): number | undefined {
    return this.#path(registry).streamRate;
  }

  /** The ranges in flight on the path. */
  lanes(registry: string): Lanes {
    const path = this.#path(registry);
    path.lanes ??= new Lanes(path.rttMs ?? 0);
    return path.lanes;
  }

  #path(registry: string): Path {
    const known = this.#paths.get(registry);
    if (known !== undefined) return known;
    const path: Path = { rttMs: undefined, streamRate: undefined, lanes: undefined, measured: undefined };
    this.#paths.set(registry, path);
    return path;
  }
}

/** Milliseconds of the faster of two requests. */
async function timeTwice(request: () => Promise<unknown>): Promise<number> {
  let fastest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 2; round++) {
    const startedAt = performance.now();
    await request();
    fastest = Math.min(fastest, performance.now() - startedAt);
  }
  return fastest;
}
