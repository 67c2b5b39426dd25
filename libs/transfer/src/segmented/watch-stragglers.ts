import { type Runner, rateOf, timeLeft } from "./runner.ts";
import { remaining } from "./segment.ts";

/** How often the requests of a blob are compared, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** A request so much slower than is usual among its like is a straggler. */
const FAR_SLOWER = 0.15;
/** A request is not judged before it had so many milliseconds, and not ended more often than so. */
const GRACE_MS = 1_000;
const MOST_INTERRUPTIONS = 3;
/** What is done within so many milliseconds, or so many times what its like would take, is not worth a new connection. */
const WORTH = { milliseconds: 750, times: 3 } as const;
/** Looks in a row at which a request must be found so slow: a process that was held up for a moment makes many look slow at once. */
const LOOKS = 2;
/** Stragglers are few. Where more than this share of the requests is that slow, it is the path or this machine. */
const FEW = 0.15;
/** Requests that must be compared before anything is called usual. */
const ENOUGH = 3;

/** Compares the requests of a blob now and then and ends those that are far slower than the others: a new connection often is not. */
export function watchStragglers(runners: ReadonlySet<Runner>): Disposable {
  // Kept for the end of the blob, when the straggler may be the only one left.
  let usual: number | undefined;
  const suspects = new Suspects();
  const timer = setInterval(() => {
    const now = performance.now();
    usual = usualRate([...runners], now) ?? usual;
    if (usual === undefined) return;
    for (const straggler of suspects.among(findStragglers([...runners], usual, now), runners.size)) {
      straggler.since = now;
      straggler.from = straggler.segment.position;
      straggler.interruption.interrupt();
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** The median rate of those that run long enough to tell, in bytes a second; undefined where they are too few. */
export function usualRate(runners: readonly Runner[], now: number): number | undefined {
  const rates = runners.filter((runner) => now - runner.since >= GRACE_MS / 2).map((runner) => rateOf(runner, now));
  return rates.length < ENOUGH ? undefined : rates.sort((a, b) => a - b)[rates.length >> 1];
}

/** Runners that are far behind the usual rate. */
export function findStragglers(runners: readonly Runner[], usual: number, now: number): Runner[] {
  return runners.filter(
    (runner) =>
      now - runner.since >= GRACE_MS &&
      rateOf(runner, now) < usual * FAR_SLOWER &&
      timeLeft(runner, now) > Math.max(WORTH.milliseconds, (remaining(runner.segment) / usual) * 1000 * WORTH.times) &&
      runner.interruption.count < MOST_INTERRUPTIONS,
  );
}

/** Requests that were found slow, and how often in a row. */
export class Suspects {
  #looks = new Map<Runner, number>();

  /** Those of the slow ones that were slow before; none where too many of all `requests` are. */
  among(slow: readonly Runner[], requests: number): Runner[] {
    const looks = this.#looks;
    this.#looks = new Map(slow.map((runner) => [runner, (looks.get(runner) ?? 0) + 1]));
    if (slow.length > Math.max(1, requests * FEW)) return [];
    return slow.filter((runner) => (this.#looks.get(runner) ?? 0) >= LOOKS);
  }
}
