import { TransshipError } from "@transship/errors";

/** Failures in a row that open the circuit, if they came over at least {@link SPAN_MS}: one moment's outage cuts many calls at once. */
const FAILURES = 5;
const SPAN_MS = 1_000;
/** Until the first probe, doubled for each probe that fails, up to the longest; in milliseconds. A fifth of jitter comes on top. */
const FIRST_PROBE_MS = 5_000;
const LONGEST_PROBE_MS = 60_000;
/** When to come back while a probe is under way, in milliseconds. */
const PROBING_MS = 1_000;

/** Moments are in milliseconds since the epoch. `since` is when the circuit left, or came back to, its closed state. */
type State =
  | { readonly kind: "closed"; readonly since: number; readonly failures: number; readonly firstFailureAt: number }
  | { readonly kind: "open"; readonly since: number; readonly probeAt: number; readonly probes: number; readonly last: TransshipError }
  | { readonly kind: "half-open"; readonly since: number; readonly probe: number; readonly probes: number; readonly last: TransshipError };

/**
 * Keeps calls from a registry that is down: after several failures in a row all fail at once; from time to time one goes through as a probe, and the first
 * that is answered closes the circuit again.
 *
 * Not cockatiel's breaker: that one runs by the system's clock, does not say when the next probe is, lets others wait for the probe instead of failing them,
 * and wraps a call as a whole, while a download here is judged by its headers and keeps its place until its last byte.
 */
export class Circuit {
  readonly #random: () => number;
  #state: State;

  /** @param random as Math.random */
  constructor(now: number, random: () => number) {
    this.#random = random;
    this.#state = { kind: "closed", since: now, failures: 0, firstFailureAt: now };
  }

  get kind(): "closed" | "open" | "half-open" {
    return this.#state.kind;
  }

  get since(): number {
    return this.#state.since;
  }

  /** When the next call goes out as a probe; undefined unless the circuit is open. */
  get probeAt(): number | undefined {
    return this.#state.kind === "open" ? this.#state.probeAt : undefined;
  }

  /** Why a call must not go: `REGISTRY_FAILED` or `CONNECTION_FAILED` with the time to the next probe; undefined when it may. */
  refusal(what: string, mayProbe: boolean, now: number): TransshipError | undefined {
    const state = this.#state;
    if (state.kind === "closed") return undefined;
    const left = state.kind === "open" ? state.probeAt - now : PROBING_MS;
    if (left <= 0 && mayProbe) return undefined;
    const retryAfterMs = Math.max(PROBING_MS, Math.ceil(left));
    const next = state.kind === "half-open" ? "a probe is under way" : `next probe in ${Math.ceil(retryAfterMs / 1000)} s`;
    return new TransshipError(state.last.code === "REGISTRY_FAILED" ? "REGISTRY_FAILED" : "CONNECTION_FAILED", {
      what,
      why: `circuit open since ${new Date(state.since).toISOString()}, ${next}; last failure: ${state.last.why}`,
      retryAfterMs,
      cause: state.last,
    });
  }

  /** A call goes out that was not refused. */
  begin(pass: number): void {
    const state = this.#state;
    if (state.kind !== "open") return;
    const { since, probes, last } = state;
    this.#state = { kind: "half-open", since, probe: pass, probes, last };
  }

  /** A call was answered. True when that closed the circuit. */
  succeeded(pass: number, now: number): boolean {
    const state = this.#state;
    if (state.kind === "closed" && state.failures > 0) this.#state = { ...state, failures: 0 };
    if (state.kind !== "half-open" || state.probe !== pass) return false;
    this.#state = { kind: "closed", since: now, failures: 0, firstFailureAt: now };
    return true;
  }

  /** Calls that began before the circuit opened say nothing of the registry as it is now. */
  failed(pass: number, error: TransshipError, now: number): void {
    const state = this.#state;
    if (state.kind === "closed") {
      const failures = state.failures + 1;
      const firstFailureAt = state.failures === 0 ? now : state.firstFailureAt;
      if (failures >= FAILURES && now - firstFailureAt >= SPAN_MS) this.#open(now, now, 0, error);
      else this.#state = { ...state, failures, firstFailureAt };
    } else if (state.kind === "half-open" && state.probe === pass) {
      this.#open(state.since, now, state.probes + 1, error);
    }
  }

  /** A call ended without saying anything; was it the probe, the next call is one. */
  withdrawn(pass: number, now: number): void {
    const state = this.#state;
    if (state.kind !== "half-open" || state.probe !== pass) return;
    const { since, probes, last } = state;
    this.#state = { kind: "open", since, probeAt: now, probes, last };
  }

  #open(since: number, now: number, probes: number, last: TransshipError): void {
    const pause = Math.min(LONGEST_PROBE_MS, FIRST_PROBE_MS * 2 ** probes) * (1 + this.#random() / 5);
    this.#state = { kind: "open", since, probeAt: now + pause, probes, last };
  }
}
