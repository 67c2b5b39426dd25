import { wire } from "@transship/api";

/** Endpoints that are remembered of one agent; more are left aside. */
const MOST_GATES = 1_000;

/** How the connected agents stand with registries, by what each said last. In memory: it comes again with the agent's next stream. */
export class GateBoard {
  readonly #byAgent = new Map<string, Map<string, wire.InstanceGate>>();

  /** Takes what an agent says at `now`: its durations become moments of this clock. */
  take(agent: string, { gates }: wire.Gates, now: Date): void {
    const own = this.#byAgent.get(agent) ?? new Map<string, wire.InstanceGate>();
    this.#byAgent.set(agent, own);
    for (const gate of gates) {
      const key = `${gate.instance} ${gate.url}`;
      if (own.has(key) || own.size < MOST_GATES) own.set(key, asSeen(agent, gate, now));
    }
  }

  /** The agent is gone, and with it what it knew. */
  leave(agent: string): void {
    this.#byAgent.delete(agent);
  }

  /** By instance and URL. */
  ofAgent(agent: string): wire.InstanceGate[] {
    return [...(this.#byAgent.get(agent)?.values() ?? [])].sort((a, b) => order(a.instance, b.instance) || order(a.url, b.url));
  }

  /** Of one instance at the given URLs, by agent and URL: endpoints that were changed since are left out. */
  ofInstance(instance: string, urls: readonly string[]): wire.InstanceGate[] {
    return this.all()
      .filter((gate) => gate.instance === instance && urls.includes(gate.url))
      .sort((a, b) => order(a.agent, b.agent) || order(a.url, b.url));
  }

  all(): wire.InstanceGate[] {
    return [...this.#byAgent.values()].flatMap((own) => [...own.values()]);
  }
}

function asSeen(agent: string, gate: wire.Gate, now: Date): wire.InstanceGate {
  const inMs = (ms: number) => (ms > 0 ? moment(now, ms) : "");
  return {
    agent,
    instance: gate.instance,
    url: gate.url,
    circuit: gate.circuit,
    since: moment(now, -gate.circuitForMs),
    until: gate.circuit === wire.Circuit.OPEN ? moment(now, Math.max(0, gate.probeInMs)) : "",
    pausedUntil: inMs(gate.pausedForMs),
    inFlight: gate.inFlight,
    concurrency: gate.concurrency,
    waiting: gate.waiting,
    lastFailure: gate.lastFailure,
    lastFailureAt: gate.lastFailure === undefined ? "" : moment(now, -gate.lastFailureMsAgo),
  };
}

/** Ten thousand years bound what a peer may say: beyond them there is no date. */
const MOST_MS = 253_402_300_799_000;

function moment(now: Date, ms: number): string {
  return new Date(Math.min(MOST_MS, Math.max(0, now.getTime() + ms))).toISOString();
}

function order(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
