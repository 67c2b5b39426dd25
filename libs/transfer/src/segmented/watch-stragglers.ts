import { type Runner, rateOf, timeLeft } from "./runner.ts";

/** How often the requests of a blob are compared, in milliseconds. */
const LOOK_EVERY_MS = 250;
/** A request so much slower than is usual among its like is a straggler. */
const FAR_SLOWER = 0.15;
/** A request is not judged before it had so many milliseconds, and not ended more often than so. */
const GRACE_MS = 1_000;
const MOST_INTERRUPTIONS = 3;
/** What is done within so many milliseconds is not worth a new connection. */
const WORTH_MS = 500;
/** Requests that must be compared before anything is called usual. */
const ENOUGH = 3;

/** Compares the requests of a blob now and then and ends those that are far slower than the others: a new connection often is not. */
export function watchStragglers(runners: ReadonlySet<Runner>): Disposable {
  // Kept for the end of the blob, when the straggler may be the only one left.
  let usual: number | undefined;
  const timer = setInterval(() => {
    const now = performance.now();
    usual = usualRate([...runners], now) ?? usual;
    if (usual === undefined) return;
    for (const straggler of findStragglers([...runners], usual, now)) {
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
      timeLeft(runner, now) > WORTH_MS &&
      runner.interruption.count < MOST_INTERRUPTIONS,
  );
}
