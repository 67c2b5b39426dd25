import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { WakeUp } from "../wake-up.ts";
import { Cascade } from "./cascade.ts";
import { HintFollower } from "./follow-hints.ts";
import { runClock } from "./run-clock.ts";

/** Everything that starts executions without being asked by a person. */
export class Triggers {
  /** Follows what registries tell. */
  readonly hints: HintFollower;
  /** Follows what our own agents brought somewhere. */
  readonly cascade: Cascade;
  readonly #clock = new WakeUp();
  readonly #desk: ExecutionDesk & { readonly executions: Executions };

  constructor(desk: ExecutionDesk & { readonly executions: Executions }) {
    this.#desk = desk;
    this.hints = new HintFollower(desk);
    this.cascade = new Cascade(this.hints, desk.log);
  }

  /** To be called after rules or instances changed. */
  readonly rulesChanged = (): void => {
    this.#clock.wake();
  };

  /** The loop of schedules and polls. Ends when `signal` aborts. */
  runClock(signal: AbortSignal): Promise<void> {
    return runClock(this.#desk, this.#clock, signal);
  }
}
