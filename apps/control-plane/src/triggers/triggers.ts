import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import type { WakeUp } from "../wake-up.ts";
import { Cascade } from "./cascade.ts";
import { HintFollower } from "./follow-hints.ts";
import { runClock } from "./run-clock.ts";

/** What starting executions needs. */
export interface TriggerDesk extends ExecutionDesk {
  readonly executions: Executions;
  /** Wakes what starts them by the clock. */
  readonly clock: WakeUp;
}

/** Everything that starts executions without being asked by a person. */
export class Triggers {
  /** Follows what registries tell. */
  readonly hints: HintFollower;
  /** Follows what our own agents brought somewhere. */
  readonly cascade: Cascade;
  readonly #desk: TriggerDesk;

  constructor(desk: TriggerDesk) {
    this.#desk = desk;
    this.hints = new HintFollower(desk);
    this.cascade = new Cascade(this.hints, desk.log);
  }

  /** To be called after rules or instances changed. */
  readonly rulesChanged = (): void => {
    this.#desk.clock.wake();
  };

  /** The loop of schedules and polls. Ends when `signal` aborts. */
  runClock(signal: AbortSignal): Promise<void> {
    return runClock(this.#desk, this.#desk.clock, signal);
  }
}
