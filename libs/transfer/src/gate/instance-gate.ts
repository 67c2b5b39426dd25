import type { TransshipError } from "@transship/errors";
import { Alarm, type Clock } from "./alarm.ts";
import { ByteThrottle } from "./byte-throttle.ts";
import { Circuit } from "./circuit.ts";
import { Closure } from "./closure.ts";
import { Concurrency } from "./concurrency.ts";
import type { Caller, GateState, InstanceGateOptions } from "./gate-state.ts";
import { checkLimits, type GateLimits } from "./limits.ts";
import { issuePass, type Pass, type PassEvents } from "./pass.ts";
import { LANES, type Lane, Places } from "./places.ts";
import { STEADY_CLOCK } from "./steady-clock.ts";
import { TokenBucket } from "./token-bucket.ts";
import { judge, type Verdict } from "./verdict.ts";
import { WaitingLine } from "./waiting-line.ts";

/** Requests that may go out at once after a pause, in seconds' worth. */
const REQUEST_BURST_SECONDS = 1;

/**
 * What everything in this process that talks to one registry instance goes through: its limits, the pauses that it asks for, and its circuit. One per instance.
 * It holds no timer while nobody waits, and so needs no closing.
 */
export class InstanceGate {
  readonly #now: () => number;
  readonly #requests: TokenBucket;
  readonly #throttle: ByteThrottle;
  readonly #concurrency: Concurrency;
  readonly #closure: Closure;
  readonly #circuit: Circuit;
  readonly #places = new Places();
  readonly #alarm: Alarm;
  readonly #lines: Readonly<Record<Lane, WaitingLine<Arrival, Pass>>>;
  #limits: GateLimits;
  #lastFailure: GateState["lastFailure"];
  #answeredAt: number | undefined;
  #arrivals = 0;
  #latest = 0;

  /** @throws TransshipError `INVALID_ARGUMENT` for limits that are not above zero. */
  constructor(options: InstanceGateOptions = {}) {
    const { now = STEADY_CLOCK.now, sleep = STEADY_CLOCK.sleep, random = Math.random } = options;
    const clock: Clock = { now, sleep };
    const limits = checkLimits(options.limits ?? {});
    const line = () => new WaitingLine<Arrival, Pass>(now, () => this.#admit());
    this.#now = now;
    this.#limits = limits;
    this.#requests = new TokenBucket(limits.requestsPerSecond, REQUEST_BURST_SECONDS, now());
    this.#throttle = new ByteThrottle(limits.bytesPerSecond, clock);
    this.#concurrency = new Concurrency(limits.connections);
    this.#closure = new Closure(random);
    this.#circuit = new Circuit(now(), random);
    this.#alarm = new Alarm(clock, () => this.#admit());
    this.#lines = { small: line(), download: line(), upload: line() };
  }

  get limits(): GateLimits {
    return this.#limits;
  }

  /** The byte rate, which bodies go through piece by piece. */
  get throttle(): ByteThrottle {
    return this.#throttle;
  }

  get state(): GateState {
    const closedUntil = this.#closure.until(this.#now());
    const { probeAt } = this.#circuit;
    const lines = LANES.map((lane) => this.#lines[lane]);
    return {
      circuit: this.#circuit.kind,
      since: Math.round(this.#circuit.since),
      ...(probeAt === undefined ? {} : { probeAt: Math.ceil(probeAt) }),
      ...(this.#lastFailure === undefined ? {} : { lastFailure: this.#lastFailure }),
      ...(closedUntil === undefined ? {} : { closedUntil: Math.ceil(closedUntil) }),
      inFlight: this.#places.taken,
      concurrency: this.#concurrency.limit,
      waiting: lines.reduce((sum, line) => sum + line.size, this.#throttle.waiting),
      throttledMs: Math.round(lines.reduce((sum, line) => sum + line.waitedMs, this.#throttle.waitedMs)),
    };
  }

  /** When the registry answered last, whatever it answered, in milliseconds since the epoch; undefined = it never did. */
  get answeredAt(): number | undefined {
    return this.#answeredAt;
  }

  /** From now on, all three; an absent one no longer limits. What is under way goes on. @throws TransshipError `INVALID_ARGUMENT` */
  setLimits(limits: GateLimits): void {
    this.#limits = checkLimits(limits);
    this.#requests.setRate(limits.requestsPerSecond, this.#now());
    this.#throttle.setRate(limits.bytesPerSecond);
    this.#concurrency.setCeiling(limits.connections);
    this.#alarm.clear();
    this.#admit();
  }

  /** Sends nothing for so many milliseconds: another client was told that the registry wants a pause. */
  hold(milliseconds: number): void {
    this.#closure.hold(milliseconds, this.#now());
    for (const lane of LANES) this.#lines[lane].turnAway((arrival) => this.#refusal(arrival));
    this.#admit();
  }

  /** Does work that is over when its promise is settled, as one request. Throws what {@link enter} and the work throw. */
  async run<T>(caller: Caller, work: () => Promise<T>, verdictOn: (result: T) => Verdict = () => ({ kind: "fine" })): Promise<T> {
    const pass = await this.enter(caller);
    try {
      const result = await work();
      pass.end(verdictOn(result));
      return result;
    } catch (error) {
      pass.end(judge(error, caller.signal));
      throw error;
    }
  }

  /**
   * Waits until a request may go out. Whoever gets the pass sends the request at once, and ends the pass whatever happens.
   * @throws TransshipError `TOOMANYREQUESTS` with `retryAfterMs` when the registry wants a longer pause than makes sense to wait for here;
   * `REGISTRY_FAILED` or `CONNECTION_FAILED` with `retryAfterMs` while the circuit is open; the signal's reason.
   */
  async enter(caller: Caller): Promise<Pass> {
    caller.signal?.throwIfAborted();
    const arrival: Arrival = { ...caller, order: ++this.#arrivals };
    const refusal = this.#refusal(arrival);
    if (refusal !== undefined) throw refusal;
    const turn = this.#lines[caller.lane].wait(arrival, caller.signal);
    this.#admit();
    return await turn;
  }

  /** Whether a request would have to wait for the registry's sake, or be refused. */
  get shut(): boolean {
    return this.#circuit.kind !== "closed" || this.#closure.remaining(this.#now()) > 0;
  }

  #refusal({ lane, what }: Arrival): TransshipError | undefined {
    const now = this.#now();
    // A long upload would keep everybody waiting for the outcome; one never comes without small requests around it.
    return this.#circuit.refusal(what, lane !== "upload", now) ?? this.#closure.refusal(what, now);
  }

  /** Lets in whoever may go: the earliest of those for whom there is a place. The only way through the gate. */
  #admit(): void {
    for (let lane = this.#nextLane(); lane !== undefined; lane = this.#nextLane()) {
      const waiter = this.#lines[lane].first;
      if (waiter === undefined) return;
      const refusal = this.#refusal(waiter.wish);
      if (refusal !== undefined) {
        waiter.refuse(refusal);
        continue;
      }
      const now = this.#now();
      const pause = Math.max(this.#closure.remaining(now), this.#requests.delay(1, now));
      if (pause > 0) {
        this.#alarm.ringIn(pause);
        return;
      }
      this.#requests.take(1);
      this.#places.take(lane);
      this.#latest += 1;
      this.#circuit.begin(this.#latest);
      waiter.give(issuePass(lane, this.#latest, this.#events));
    }
    this.#alarm.clear();
  }

  #nextLane(): Lane | undefined {
    const limit = this.#concurrency.limit;
    let next: { readonly lane: Lane; readonly order: number } | undefined;
    for (const lane of LANES) {
      const order = this.#lines[lane].first?.wish.order;
      if (order !== undefined && (next === undefined || order < next.order) && this.#places.hasRoom(lane, limit)) next = { lane, order };
    }
    return next?.lane;
  }

  readonly #events: PassEvents = {
    answered: (pass) => this.#answered(pass),
    starves: (waiting) => {
      this.#places.starve(waiting);
      if (waiting && this.#lines.download.size > 0) this.#admit();
    },
    ended: (pass, verdict) => {
      this.#learn(pass, verdict);
      this.#places.free(pass.lane);
      this.#admit();
    },
  };

  #answered(pass: Pass): void {
    this.#answeredAt = this.#now();
    if (this.#circuit.succeeded(pass.number, this.#now())) this.#concurrency.restart();
  }

  #learn(pass: Pass, verdict: Verdict): void {
    const now = this.#now();
    switch (verdict.kind) {
      case "fine":
        this.#answered(pass);
        this.#closure.relax(pass.number);
        this.#concurrency.grow(this.#crowded());
        break;
      case "throttled":
        this.#answered(pass);
        this.#slowDown(pass, verdict.error, now);
        break;
      case "down":
        this.#circuit.failed(pass.number, verdict.error, now);
        this.#slowDown(pass, verdict.error, now);
        break;
      case "unasked":
        this.#requests.refund(1);
        this.#circuit.withdrawn(pass.number, now);
        break;
      case "nothing":
        this.#circuit.withdrawn(pass.number, now);
        break;
    }
  }

  #slowDown(pass: Pass, error: TransshipError, now: number): void {
    this.#lastFailure = { error, at: Math.round(now) };
    this.#closure.close(error, pass.number, this.#latest, now);
    this.#concurrency.shrink(pass.number, this.#latest);
    for (const lane of LANES) this.#lines[lane].turnAway((arrival) => this.#refusal(arrival));
  }

  /** Whether somebody waits for nothing but a place. */
  #crowded(): boolean {
    return LANES.some((lane) => this.#lines[lane].size > 0 && !this.#places.hasRoom(lane, this.#concurrency.limit));
  }
}

interface Arrival extends Caller {
  /** Counts those who came, over all lanes. */
  readonly order: number;
}
