import { instanceToMessage, type wire } from "@transship/api";
import type { Instance } from "@transship/model";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { Desk } from "../work/ask-nearest.ts";
import type { GateBoard } from "../work/gate-board.ts";
import type { ReachBoard } from "../work/reach-board.ts";
import { testInstance } from "../work/test-instance.ts";
import { withNetworks } from "./with-networks.ts";

/** Registries that we know. */
export function instanceService(
  { unary }: Handlers,
  store: Store,
  desk: Desk & { readonly gates: GateBoard; readonly reach: ReachBoard },
): wire.InstanceServiceServer {
  const describe = (instance: Instance, reach: wire.InstanceReach[] = []) => {
    const urls = instance.spec.endpoints.map((endpoint) => endpoint.url);
    return instanceToMessage(instance, desk.gates.ofInstance(instance.name, urls), reach);
  };
  return {
    listInstances: unary(async () => ({ instances: (await store.topology.listInstances()).map((instance) => describe(instance)) })),
    getInstance: unary(async ({ name }) => {
      const instance = await store.topology.getInstance(name);
      return describe(instance, withNetworks(desk.reach.ofInstance(name), [instance]));
    }),
    testInstance: unary(async ({ name }) => ({ tests: await testInstance(desk, await store.topology.getInstance(name)) })),
  };
}
