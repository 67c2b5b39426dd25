import type { wire } from "@transship/api";
import { present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** Whether an agent reaches an endpoint of an instance, as JSON has it. */
export interface ReachDocument {
  readonly agent: string;
  readonly instance: string;
  readonly url: string;
  readonly network: string;
  readonly reached: boolean;
  /** Median, in milliseconds; absent = not measured. */
  readonly roundTripMs?: number;
  /** Since when it is so. */
  readonly since?: string;
  readonly failure?: FailureDocument;
}

/** What an agent found, of the wire, as JSON. */
export function reachDocument(message: wire.InstanceReach): ReachDocument {
  const { agent, instance, url, network, reached, roundTripMs, since } = message;
  const failure = failureDocument(message.failure);
  return {
    agent,
    instance,
    url,
    network,
    reached,
    ...(roundTripMs > 0 ? { roundTripMs: Number(roundTripMs.toFixed(2)) } : {}),
    ...present({ since }),
    ...(failure === undefined ? {} : { failure }),
  };
}
