import type { wire } from "@transship/api";
import { STEADY_CLOCK } from "@transship/transfer";
import type { Registries } from "../registries.ts";
import { lookAt } from "./look.ts";
import { WatchedPlace } from "./watched-place.ts";

/** Whether a look is due is asked so often, in milliseconds. */
const TICK_MS = 1_000;
/** Looks under way at a time. */
const AT_ONCE = 8;
/** Where a control plane says no time between looks, or one that is none. */
const USUAL_MS = 300_000;

/** What looking needs. */
type Means = Pick<Registries, "reach" | "gateOf">;

/**
 * Looks at the endpoints that the control plane names: at each at once and then now and then, soon again where it is not reached. What it knows outlives the stream.
 * Disposing stops it.
 */
export class Surveyor implements AsyncDisposable {
  readonly #registries: Means;
  readonly #random: () => number;
  readonly #stopping = new AbortController();
  readonly #looks = new Map<WatchedPlace, Promise<void>>();
  readonly #tickMs: number;
  #watched = new Map<string, WatchedPlace>();
  #everyMs = USUAL_MS;
  #timer: NodeJS.Timeout | undefined;
  /** Called when something was found that is new. */
  onChange: () => void = () => undefined;

  constructor(registries: Means, { tickMs = TICK_MS, random = Math.random }: { tickMs?: number; random?: () => number } = {}) {
    this.#registries = registries;
    this.#tickMs = tickMs;
    this.#random = random;
  }

  /** Takes what to look at from now on. Places that stay as they are keep what is known of them; others are looked at at once. */
  take({ places, everyMs }: wire.Survey): void {
    this.#everyMs = everyMs > 0 ? everyMs : USUAL_MS;
    const before = this.#watched;
    this.#watched = new Map(
      places.map((place) => {
        const key = JSON.stringify(place);
        return [key, before.get(key) ?? new WatchedPlace(place, this.#registries.gateOf(place), this.#random)];
      }),
    );
    clearInterval(this.#timer);
    if (this.#watched.size === 0 || this.#stopping.signal.aborted) return;
    this.#timer = setInterval(() => this.#tick(), this.#tickMs);
    this.#timer.unref();
    this.#tick();
  }

  /** Places that were looked at. */
  found(): WatchedPlace[] {
    return [...this.#watched.values()].filter(({ state }) => state !== undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    this.#stopping.abort();
    await Promise.all(this.#looks.values());
  }

  #tick(): void {
    const now = STEADY_CLOCK.now();
    let changed = false;
    for (const watched of this.#watched.values()) {
      changed = watched.heed(this.#everyMs, now) || changed;
      if (this.#looks.size < AT_ONCE && watched.isDue(now) && !this.#looks.has(watched)) this.#look(watched);
    }
    if (changed) this.onChange();
  }

  #look(watched: WatchedPlace): void {
    const { signal } = this.#stopping;
    const look = lookAt(watched.place, this.#registries, watched.timesWanted, signal)
      .then((seen) => watched.found(seen, this.#everyMs, STEADY_CLOCK.now()))
      .catch(() => false)
      .then((changed) => {
        this.#looks.delete(watched);
        if (signal.aborted) return;
        if (changed && [...this.#watched.values()].includes(watched)) this.onChange();
        this.#tick();
      });
    this.#looks.set(watched, look);
  }
}
