/** Fewest and most ranges in flight on a path. */
export const LANES = { least: 1, most: 64 } as const;

/** More ranges must bring so much more throughput to be kept. */
const WORTH_IT = 1.1;
/** Below this share of the best throughput the path has changed: learn anew. */
const CHANGED = 0.6;
/** Windows after which a settled count is tried higher once more. */
const SETTLED_WINDOWS = 12;

/** What is known of a path's throughput by the number of ranges in flight. */
export interface LaneState {
  readonly lanes: number;
  /** `climbing`: the count still grows with the throughput. `settled`: more did not bring more. */
  readonly phase: "climbing" | "settled";
  /** Best throughput and the count that reached it; bytes a second. */
  readonly best: { readonly lanes: number; readonly rate: number } | undefined;
  /** Windows since the count settled. */
  readonly windows: number;
}

/** Where to begin on a path of a given round trip time, in milliseconds: a long path surely needs several, a short one may not. */
export function firstLanes(rttMs: number): LaneState {
  const lanes = rttMs < 30 ? 4 : rttMs < 80 ? 8 : 16;
  return { lanes, phase: "climbing", best: undefined, windows: 0 };
}

/**
 * The next count after a window in which all lanes were busy and `rate` bytes a second came. Climbs by doubling as long as that brings more, then goes back to the
 * count that was best: many ranges win by an order of magnitude where the sender's congestion control gives each connection little, and lose where it does not.
 */
export function nextLanes(state: LaneState, rate: number): LaneState {
  const { lanes, phase, best } = state;
  if (phase === "climbing") {
    if (best === undefined || rate > best.rate * WORTH_IT)
      return {
        lanes: Math.min(lanes * 2, LANES.most),
        phase: lanes >= LANES.most ? "settled" : "climbing",
        best: { lanes, rate },
        windows: 0,
      };
    return { lanes: best.lanes, phase: "settled", best, windows: 0 };
  }
  const known = best ?? { lanes, rate };
  const changed = rate < known.rate * CHANGED && state.windows > 1;
  if ((changed || state.windows >= SETTLED_WINDOWS) && lanes < LANES.most) {
    return { lanes: Math.min(lanes * 2, LANES.most), phase: "climbing", best: { lanes, rate }, windows: 0 };
  }
  return {
    lanes: Math.max(known.lanes, LANES.least),
    phase,
    best: { lanes: known.lanes, rate: Math.max(rate, known.rate * 0.98) },
    windows: state.windows + 1,
  };
}
