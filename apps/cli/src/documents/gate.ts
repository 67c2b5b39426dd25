import { wire } from "@transship/api";
import { present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** How an agent stands with an endpoint of an instance, as JSON has it. */
export interface GateDocument {
  readonly agent: string;
  readonly instance: string;
  readonly url: string;
  readonly circuit: "closed" | "open" | "half-open";
  readonly since?: string;
  /** For an open circuit, when the next request goes out as a probe. */
  readonly until?: string;
  /** Until when the registry asked to be left alone. */
  readonly pausedUntil?: string;
  readonly inFlight: number;
  readonly concurrency: number;
  readonly waiting: number;
  readonly lastFailure?: FailureDocument & { readonly at?: string };
}

const CIRCUITS: Readonly<Record<number, GateDocument["circuit"]>> = {
  [wire.Circuit.OPEN]: "open",
  [wire.Circuit.HALF_OPEN]: "half-open",
};

/** A gate of the wire as JSON. */
export function gateDocument(message: wire.InstanceGate): GateDocument {
  const { agent, instance, url, inFlight, concurrency, waiting } = message;
  const failure = failureDocument(message.lastFailure);
  return {
    agent,
    instance,
    url,
    circuit: CIRCUITS[message.circuit] ?? "closed",
    ...present({ since: message.since, until: message.until, pausedUntil: message.pausedUntil }),
    inFlight,
    concurrency,
    waiting,
    ...(failure === undefined ? {} : { lastFailure: { ...failure, ...present({ at: message.lastFailureAt }) } }),
  };
}
