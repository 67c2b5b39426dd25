import type { Lane } from "./places.ts";
import type { Verdict } from "./verdict.ts";

/** A call's leave to go through a gate: holds a place until it is over. */
export interface Pass {
  readonly lane: Lane;
  /** Counts the calls of a gate in the order in which they went out, from 1. */
  readonly number: number;
  /** The registry answered well, and the body is still to come. */
  answered(): void;
  /** An upload waits for its source, or no longer does. */
  starves(waiting: boolean): void;
  /** The call is over; only the first word counts. */
  end(verdict: Verdict): void;
}

/** What a pass tells its gate. */
export interface PassEvents {
  readonly answered: (pass: Pass) => void;
  readonly starves: (waiting: boolean) => void;
  readonly ended: (pass: Pass, verdict: Verdict) => void;
}

export function issuePass(lane: Lane, number: number, events: PassEvents): Pass {
  let starving = false;
  let over = false;
  const pass: Pass = {
    lane,
    number,
    answered: () => events.answered(pass),
    starves: (waiting) => {
      if (over || waiting === starving) return;
      starving = waiting;
      events.starves(waiting);
    },
    end: (verdict) => {
      pass.starves(false);
      if (over) return;
      over = true;
      events.ended(pass, verdict);
    },
  };
  return pass;
}
