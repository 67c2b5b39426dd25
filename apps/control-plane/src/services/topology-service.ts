import type { wire } from "@transship/api";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import { applyTopology } from "../topology/apply-topology.ts";

/** Changes of what exists. */
export function topologyService({ unary }: Handlers, store: Store, now: () => Date): wire.TopologyServiceServer {
  return { apply: unary((request) => applyTopology(store.topology, request, now())) };
}
