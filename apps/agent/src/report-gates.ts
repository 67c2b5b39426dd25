import { failureToMessage, wire } from "@transship/api";
import type { GateState } from "@transship/transfer";
import type { Registries } from "./registries.ts";
import type { WorkStream } from "./work-stream.ts";

/** Gates are looked at so often, in milliseconds: what opens, closes or pauses is told after at most that long. */
const LOOK_EVERY_MS = 1_000;
/** Numbers alone, which change all the time, are told at most so often, in milliseconds. */
const NUMBERS_EVERY_MS = 5_000;

const CIRCUITS = {
  closed: wire.Circuit.CLOSED,
  open: wire.Circuit.OPEN,
  "half-open": wire.Circuit.HALF_OPEN,
} as const satisfies Record<GateState["circuit"], wire.Circuit>;

interface Told {
  readonly state: GateState;
  /** On the monotonic clock. */
  readonly at: number;
}

/** Tells the control plane how this agent stands with its registries: at once for all, then what changed. */
export class GateReport implements Disposable {
  readonly #stream: WorkStream;
  readonly #registries: Pick<Registries, "gates">;
  readonly #told = new Map<string, Told>();
  readonly #timer: NodeJS.Timeout;

  constructor(stream: WorkStream, registries: Pick<Registries, "gates">, lookEveryMs = LOOK_EVERY_MS) {
    this.#stream = stream;
    this.#registries = registries;
    this.#timer = setInterval(() => this.#tell(), lookEveryMs);
    this.#timer.unref();
    this.#tell();
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }

  #tell(): void {
    // What is not told now is told when there is room, and then as it is then.
    if (this.#stream.isFull) return;
    const at = performance.now();
    const changed = this.#registries.gates().filter(({ instance, url, state }) => {
      const key = `${instance} ${url}`;
      if (!isNews(this.#told.get(key), state, at)) return false;
      this.#told.set(key, { state, at });
      return true;
    });
    const gates = changed.map(({ instance, url, state }) => gateToMessage(instance, url, state));
    if (gates.length > 0) this.#stream.send({ $case: "gates", value: { gates } });
  }
}

function isNews(told: Told | undefined, state: GateState, at: number): boolean {
  if (told === undefined) return true;
  const before = told.state;
  const turned = (["circuit", "since", "probeAt", "closedUntil"] as const).some((key) => before[key] !== state[key]);
  if (turned || before.lastFailure?.at !== state.lastFailure?.at) return true;
  const moved = (["inFlight", "concurrency", "waiting"] as const).some((key) => before[key] !== state[key]);
  return moved && at - told.at >= NUMBERS_EVERY_MS;
}

/** Moments become durations, by the clock that gates run by. */
function gateToMessage(instance: string, url: string, state: GateState): wire.Gate {
  const now = performance.timeOrigin + performance.now();
  const until = (moment: number | undefined) => (moment === undefined ? 0 : Math.max(0, Math.round(moment - now)));
  const ago = (moment: number | undefined) => (moment === undefined ? 0 : Math.max(0, Math.round(now - moment)));
  return {
    instance,
    url,
    circuit: CIRCUITS[state.circuit],
    circuitForMs: ago(state.since),
    probeInMs: until(state.probeAt),
    pausedForMs: until(state.closedUntil),
    inFlight: state.inFlight,
    concurrency: state.concurrency,
    waiting: state.waiting,
    lastFailure: state.lastFailure && failureToMessage(state.lastFailure.error),
    lastFailureMsAgo: ago(state.lastFailure?.at),
  };
}
