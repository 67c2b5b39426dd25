/** Fewest and most ranges in flight on a path. */
export const LANES = { least: 1, most: 64 } as const;

/** Twice the ranges must bring so much more throughput to be kept. */
const WORTH_IT = 1.25;
/** Windows that connections are given to get up to speed, and those over which throughput is averaged then: bytes come in bursts, as losses are made good. */
const RAMP_WINDOWS = 2;
const JUDGED_WINDOWS = 3;
/** Below this share of the best throughput the path has changed: learn anew. */
const CHANGED = 0.6;
/** Half the ranges that still bring this share of the throughput are enough. */
const AS_GOOD = 0.95;
/** Windows after which a settled count is questioned: half as many, and the next time twice as many. */
const SETTLED_WINDOWS = 24;

/** What is known of a path's throughput by the number of ranges in flight. */
export interface LaneState {
  readonly lanes: number;
  /** `climbing`: the count still grows with the throughput. `settled`: more did not bring more. `halved`: whether fewer do as well. */
  readonly phase: "climbing" | "settled" | "halved";
  /** Best throughput and the count that reached it; bytes a second. */
  readonly best: { readonly lanes: number; readonly rate: number } | undefined;
  /** Windows since the count was last changed, and the throughput of the newest of them; bytes a second. */
  readonly windows: number;
  readonly rates: readonly number[];
  /** Whether half of a settled count was tried since it was last climbed to. */
  readonly halvedBefore: boolean;
}

/**
 * Where to begin on a path of a given round trip time, in milliseconds. The longer it is, the more a low start costs: every connection takes several round trips to
 * get up to speed, and so does every step of the climb. Measured at 100 ms and 200 Mbit/s with 0.1 % loss: 32 from the start were faster than 8, 16 and 64 with cubic
 * and with bbr alike.
 */
export function firstLanes(rttMs: number): LaneState {
  return changedTo(rttMs < 30 ? 4 : rttMs < 60 ? 16 : 32, "climbing", undefined);
}

/** Where to go on with what an earlier process settled on; it is questioned and given up like what this one settles on. */
export function settledLanes(best: { readonly lanes: number; readonly rate: number }): LaneState {
  return changedTo(Math.min(Math.max(best.lanes, LANES.least), LANES.most), "settled", best);
}

/**
 * The next count after a window in which all lanes were busy and `rate` bytes a second came. Climbs by doubling, each time once the connections are up to speed, as
 * long as that brings more; then goes back to the count that was best. Many ranges win by an order of magnitude where the sender's congestion control gives each
 * connection little (cubic with loss), and lose where it does not (bbr): there they only fill the queues on the way. What was settled is questioned from time to
 * time, downwards first: a connection that wins nothing is one that a registry need not serve.
 * `queue`: whether answers wait on their way. Then the line is full, and more ranges would only wait longer.
 */
export function nextLanes(state: LaneState, rate: number, queue = false): LaneState {
  const seen: LaneState = { ...state, windows: state.windows + 1, rates: [...state.rates, rate].slice(-JUDGED_WINDOWS) };
  if (state.phase === "settled") return hold(seen, queue);
  if (seen.windows < RAMP_WINDOWS + JUDGED_WINDOWS) return seen;
  return state.phase === "climbing" ? climb(seen, queue) : judgeHalf(seen);
}

function climb({ lanes, best, rates }: LaneState, queue: boolean): LaneState {
  const reached = { lanes, rate: mean(rates) };
  if (best !== undefined && reached.rate < best.rate * WORTH_IT) return changedTo(best.lanes, "settled", best);
  if (queue || lanes >= LANES.most) return changedTo(lanes, "settled", reached);
  return changedTo(Math.min(lanes * 2, LANES.most), "climbing", reached);
}

function judgeHalf({ lanes, best, rates }: LaneState): LaneState {
  const reached = { lanes, rate: mean(rates) };
  if (best === undefined || reached.rate >= best.rate * AS_GOOD) return changedTo(lanes, "settled", reached);
  return changedTo(best.lanes, "settled", best, true);
}

function hold(seen: LaneState, queue: boolean): LaneState {
  const { lanes, windows, halvedBefore } = seen;
  const reached = { lanes, rate: mean(seen.rates) };
  const changed = windows >= JUDGED_WINDOWS && reached.rate < (seen.best?.rate ?? 0) * CHANGED;
  if (!changed && windows <= SETTLED_WINDOWS) return seen;
  if (!changed && !halvedBefore && lanes > LANES.least) return changedTo(Math.ceil(lanes / 2), "halved", reached);
  return lanes < LANES.most && !queue
    ? changedTo(Math.min(lanes * 2, LANES.most), "climbing", reached)
    : changedTo(lanes, "settled", reached);
}

function changedTo(lanes: number, phase: LaneState["phase"], best: LaneState["best"], halvedBefore = false): LaneState {
  return { lanes, phase, best, windows: 0, rates: [], halvedBefore };
}

function mean(rates: readonly number[]): number {
  return rates.reduce((sum, rate) => sum + rate, 0) / Math.max(rates.length, 1);
}
