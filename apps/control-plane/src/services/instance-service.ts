import { instanceToMessage, type wire } from "@transship/api";
import type { Instance } from "@transship/model";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { Desk } from "../work/ask-nearest.ts";
import type { GateBoard } from "../work/gate-board.ts";
import { testInstance } from "../work/test-instance.ts";

/** Registries that we know. */
export function instanceService({ unary }: Handlers, store: Store, desk: Desk & { readonly gates: GateBoard }): wire.InstanceServiceServer {
  const describe = (instance: Instance) => {
    const urls = instance.spec.endpoints.map((endpoint) => endpoint.url);
    return instanceToMessage(instance, desk.gates.ofInstance(instance.name, urls));
  };
  return {
    listInstances: unary(async () => ({ instances: (await store.topology.listInstances()).map(describe) })),
    getInstance: unary(async ({ name }) => describe(await store.topology.getInstance(name))),
    testInstance: unary(async ({ name }) => ({ tests: await testInstance(desk, await store.topology.getInstance(name)) })),
  };
}
