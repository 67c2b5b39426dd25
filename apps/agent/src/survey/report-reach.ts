import type { wire } from "@transship/api";
import { roundTripClass } from "@transship/model";
import { STEADY_CLOCK } from "@transship/transfer";
import { safeFailure } from "../hide-secrets.ts";
import type { WorkStream } from "../work-stream.ts";
import type { Surveyor } from "./surveyor.ts";
import type { PlaceState, WatchedPlace } from "./watched-place.ts";

/** What looks find within so many milliseconds goes into one message. */
const GATHER_MS = 100;

/** Tells the control plane which endpoints this agent reaches: once it has asked on this stream, first everything that is known, then what changed. */
export class ReachReport implements Disposable {
  readonly #stream: Pick<WorkStream, "send" | "isFull">;
  readonly #surveyor: Pick<Surveyor, "found" | "onChange">;
  readonly #told = new WeakMap<WatchedPlace, PlaceState>();
  #begun = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(stream: Pick<WorkStream, "send" | "isFull">, surveyor: Pick<Surveyor, "found" | "onChange">) {
    this.#stream = stream;
    this.#surveyor = surveyor;
    surveyor.onChange = () => this.#soon();
  }

  /** The control plane has asked: what is known already may be told. */
  begin(): void {
    this.#begun = true;
    this.#soon();
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#surveyor.onChange = () => undefined;
  }

  #soon(): void {
    if (!this.#begun || this.#timer !== undefined) return;
    this.#timer = setTimeout(() => this.#tell(), GATHER_MS);
    this.#timer.unref();
  }

  #tell(): void {
    this.#timer = undefined;
    // What is not told now is told when there is room, and then as it is then.
    if (this.#stream.isFull) {
      this.#soon();
      return;
    }
    const endpoints: wire.EndpointReach[] = [];
    for (const watched of this.#surveyor.found()) {
      const { state } = watched;
      if (state === undefined || !isNews(this.#told.get(watched), state)) continue;
      this.#told.set(watched, state);
      endpoints.push(reachToMessage(watched.place, state));
    }
    if (endpoints.length > 0) this.#stream.send({ $case: "reach", value: { endpoints } });
  }
}

/** A round trip is news where it is of another class than what was told; it always differs a little. */
function isNews(told: PlaceState | undefined, state: PlaceState): boolean {
  if (told === undefined || told.reached !== state.reached || told.error?.message !== state.error?.message) return true;
  const { roundTripMs: before } = told;
  const { roundTripMs: after } = state;
  if (before === undefined || after === undefined) return before !== after;
  return roundTripClass(Math.max(before, after), Math.min(before, after)) > 0;
}

function reachToMessage({ instance, endpoint }: wire.SurveyPlace, state: PlaceState): wire.EndpointReach {
  const { reached, roundTripMs = 0, error, since } = state;
  return {
    instance,
    url: endpoint?.url ?? "",
    reached,
    roundTripMs,
    failure: error && safeFailure(error, []),
    forMs: Math.max(0, Math.round(STEADY_CLOCK.now() - since)),
  };
}
