/** Fewest and most ranges in flight on a path. */
export const LANES = { least: 1, most: 64 } as const;

/** Twice the ranges must bring so much more throughput to be kept. */
const WORTH_IT = 1.15;
/** Throughput that grows by more than this from one window to the next is still getting up to speed and says nothing yet about the count. */
const SPEEDING_UP = 1.2;
/** Windows that connections are given to get up to speed. */
const RAMP_WINDOWS = 3;
/** Below this share of the best throughput the path has changed: learn anew. */
const CHANGED = 0.6;
/** Windows after which a settled count is tried higher once more. */
const SETTLED_WINDOWS = 24;

/** What is known of a path's throughput by the number of ranges in flight. */
export interface LaneState {
  readonly lanes: number;
  /** `climbing`: the count still grows with the throughput. `settled`: more did not bring more. */
  readonly phase: "climbing" | "settled";
  /** Best throughput and the count that reached it; bytes a second. */
  readonly best: { readonly lanes: number; readonly rate: number } | undefined;
  /** Windows since the count was last changed, and the best throughput in them. */
  readonly windows: number;
  readonly rate: number;
}

/** Where to begin on a path of a given round trip time, in milliseconds: a long path surely needs several, a short one may not. */
export function firstLanes(rttMs: number): LaneState {
  return changedTo(rttMs < 30 ? 4 : rttMs < 80 ? 8 : 8, "climbing", undefined);
}

/**
 * The next count after a window in which all lanes were busy and `rate` bytes a second came. Climbs by doubling, each time once the connections are up to speed, as
 * long as that brings more; then goes back to the count that was best. Many ranges win by an order of magnitude where the sender's congestion control gives each
 * connection little (cubic with loss), and lose where it does not (bbr): there they only fill the queues on the way.
 */
export function nextLanes(state: LaneState, rate: number): LaneState {
  const seen: LaneState = { ...state, windows: state.windows + 1, rate: Math.max(state.rate, rate) };
  return state.phase === "climbing" ? climb(state, seen, rate) : hold(seen, rate);
}

function climb(before: LaneState, seen: LaneState, rate: number): LaneState {
  const upToSpeed = before.windows > 0 && (rate < before.rate * SPEEDING_UP || seen.windows >= RAMP_WINDOWS);
  if (!upToSpeed) return seen;
  const { lanes, best } = seen;
  if (best !== undefined && seen.rate < best.rate * WORTH_IT) return changedTo(best.lanes, "settled", best);
  const reached = { lanes, rate: seen.rate };
  return lanes >= LANES.most ? changedTo(lanes, "settled", reached) : changedTo(Math.min(lanes * 2, LANES.most), "climbing", reached);
}

function hold(seen: LaneState, rate: number): LaneState {
  const { lanes, best = { lanes, rate } } = seen;
  const changed = seen.windows >= RAMP_WINDOWS && rate < best.rate * CHANGED;
  const again = (changed || seen.windows > SETTLED_WINDOWS) && lanes < LANES.most;
  return again ? changedTo(Math.min(lanes * 2, LANES.most), "climbing", { lanes, rate }) : seen;
}

function changedTo(lanes: number, phase: LaneState["phase"], best: LaneState["best"]): LaneState {
  return { lanes, phase, best, windows: 0, rate: 0 };
}
