import { type Runner, rateOf } from "./runner.ts";
import { remaining } from "./segment.ts";

/** How often the requests of a blob are compared, in milliseconds. */
const LOOK_EVERY_MS = 500;
/** A request so much slower than the median of its like is a straggler. */
const FAR_SLOWER = 0.15;
/** A request is not judged before it had so many milliseconds, and not ended more often than so. */
const GRACE_MS = 1_500;
const MOST_INTERRUPTIONS = 3;
/** Less than this is there before a new connection is. */
const WORTH_BYTES = 64 * 1024;

/** Compares the requests of a blob now and then and ends those that are far slower than the others: a new connection often is not. */
export function watchStragglers(runners: ReadonlySet<Runner>): Disposable {
  const timer = setInterval(() => {
    for (const straggler of findStragglers([...runners], performance.now())) {
      straggler.since = performance.now();
      straggler.from = straggler.segment.position;
      straggler.interruption.interrupt();
    }
  }, LOOK_EVERY_MS);
  timer.unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** Runners that are far behind the median of all that ran long enough to be judged. */
export function findStragglers(runners: readonly Runner[], now: number): Runner[] {
  const judged = runners.filter((runner) => now - runner.since >= GRACE_MS);
  const rates = runners.filter((runner) => now - runner.since >= GRACE_MS / 3).map((runner) => rateOf(runner, now));
  if (rates.length < 3) return [];
  const median = rates.sort((a, b) => a - b)[rates.length >> 1] ?? 0;
  return judged.filter(
    (runner) =>
      rateOf(runner, now) < median * FAR_SLOWER &&
      remaining(runner.segment) > WORTH_BYTES &&
      runner.interruption.count < MOST_INTERRUPTIONS,
  );
}
