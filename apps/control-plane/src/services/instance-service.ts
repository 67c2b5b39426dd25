import { instanceToMessage, type wire } from "@transship/api";
import type { Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { Desk } from "../work/ask-nearest.ts";
import { testInstance } from "../work/test-instance.ts";

/** Registries that we know. */
export function instanceService({ unary }: Handlers, store: Store, desk: Desk): wire.InstanceServiceServer {
  return {
    listInstances: unary(async () => ({ instances: (await store.topology.listInstances()).map(instanceToMessage) })),
    getInstance: unary(async ({ name }) => instanceToMessage(await store.topology.getInstance(name))),
    testInstance: unary(async ({ name }) => ({ tests: await testInstance(desk, await store.topology.getInstance(name)) })),
  };
}
