import type { wire } from "@transship/api";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import { applyTopology } from "../topology/apply-topology.ts";

/** Changes of what exists; `changed` is called after each. */
export function topologyService(
  { unary }: Handlers,
  store: Store,
  now: () => Date,
  changed: () => Promise<void>,
): wire.TopologyServiceServer {
  return {
    apply: unary(async (request) => {
      const applied = await applyTopology(store.topology, request, now());
      await changed();
      return applied;
    }),
  };
}
