/** Time over which throughput is judged, in milliseconds in which bytes were waited for. The first such time is not: connections get up to speed. */
const WINDOW_MS = 2_000;
/** What was slow is believed to be for so long, in milliseconds. */
const BELIEVED_MS = 60_000;
/** Nothing that brings so many bytes a second is too slow. */
const AMPLE = 10 * 1024 * 1024;
/** Where nothing is known of the source's throughput, it is tried when a sibling brings fewer bytes a second. */
const WORTH_A_LOOK = 1024 * 1024;
/** A sibling is too slow below this share of the source's throughput: a difference that is not noise. */
const TOO_SLOW = 0.5;

/** What one registry brings as a sibling, over all its blobs. */
interface Pace {
  /** Reads under way, and since when there was any. */
  waiting: number;
  since: number;
  /** Time and bytes of the window. */
  busyMs: number;
  bytes: number;
  warm: boolean;
  /** Throughput of the last window, where it was judged. */
  rate: number | undefined;
  ratedAt: number;
}

/**
 * How much siblings bring, and whether that is too little: what answers soon may still send slowly. Only time in which bytes were waited for counts, so that a slow
 * target does not make a sibling look slow.
 */
export class Paces {
  readonly #paces = new Map<string, Pace>();
  readonly #now: () => number;

  /** `now`: milliseconds. */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** A read begins; what is returned tells its end and how many bytes it brought. */
  wait(registry: string): (bytes: number) => void {
    const pace = this.#of(registry);
    if (pace.waiting === 0) pace.since = this.#now();
    pace.waiting += 1;
    return (bytes) => {
      const now = this.#now();
      pace.busyMs += now - pace.since;
      pace.since = now;
      pace.waiting -= 1;
      pace.bytes += bytes;
      if (pace.busyMs >= WINDOW_MS) endWindow(pace, now);
    };
  }

  /** Whether a registry brought so little lately that the source is better. @param far the source's throughput in bytes a second, where known */
  isTooSlow(registry: string, far: number | undefined): boolean {
    const { rate, ratedAt } = this.#of(registry);
    if (rate === undefined || this.#now() - ratedAt >= BELIEVED_MS) return false;
    return rate < (far === undefined ? WORTH_A_LOOK : Math.min(far * TOO_SLOW, AMPLE));
  }

  #of(registry: string): Pace {
    const known = this.#paces.get(registry);
    if (known !== undefined) return known;
    const pace: Pace = { waiting: 0, since: 0, busyMs: 0, bytes: 0, warm: false, rate: undefined, ratedAt: 0 };
    this.#paces.set(registry, pace);
    return pace;
  }
}

function endWindow(pace: Pace, now: number): void {
  if (pace.warm) Object.assign(pace, { rate: (pace.bytes * 1000) / pace.busyMs, ratedAt: now });
  Object.assign(pace, { warm: true, busyMs: 0, bytes: 0 });
}
