import { wire } from "@transship/api";
import { Gauge, type Registry } from "prom-client";
import type { GateBoard } from "./work/gate-board.ts";

type Read = (gate: wire.InstanceGate, now: string) => number;

const GAUGES: Readonly<Record<string, readonly [help: string, read: Read]>> = {
  transship_instance_circuit_open: [
    "1 while the agent holds requests to the instance back since it failed several times in a row.",
    ({ circuit }) => (circuit === wire.Circuit.CLOSED ? 0 : 1),
  ],
  transship_instance_paused: [
    "1 while the agent leaves the instance alone since the registry asked for it.",
    ({ pausedUntil }, now) => (pausedUntil > now ? 1 : 0),
  ],
  transship_instance_concurrency: ["Requests that the agent may have under way at the instance.", ({ concurrency }) => concurrency],
  transship_instance_requests_in_flight: ["Requests that the agent has under way at the instance.", ({ inFlight }) => inFlight],
  transship_instance_requests_waiting: ["Requests of the agent that wait to go out to the instance.", ({ waiting }) => waiting],
};

/** How connected agents stand with instances; of an instance with several endpoints, the highest number of these. */
export function gaugeGates(registry: Registry, gates: Pick<GateBoard, "all">): void {
  for (const [name, [help, read]] of Object.entries(GAUGES)) {
    const gauge: Gauge<"instance" | "agent"> = new Gauge({
      name,
      help,
      labelNames: ["instance", "agent"],
      registers: [registry],
      collect: () => {
        const now = new Date().toISOString();
        const highest = new Map<string, { readonly labels: { instance: string; agent: string }; readonly value: number }>();
        for (const gate of gates.all()) {
          const { instance, agent } = gate;
          const key = `${instance} ${agent}`;
          highest.set(key, { labels: { instance, agent }, value: Math.max(read(gate, now), highest.get(key)?.value ?? 0) });
        }
        // Agents that left must not stay as they were.
        gauge.reset();
        for (const { labels, value } of highest.values()) gauge.set(labels, value);
      },
    });
  }
}
