import { endpointToMessage, limitsToMessage, type wire } from "@transship/api";
import type { Endpoint, Instance } from "@transship/model";

/** What an agent needs to reach an instance by one of its endpoints, credential included: goes to agents only, with one task or question. */
export function registryAccess(instance: Instance, endpoint: Endpoint): wire.RegistryAccess {
  const { credential, limits, provider } = instance.spec;
  return {
    instance: instance.name,
    endpoint: endpointToMessage(endpoint),
    credential: credential === undefined ? undefined : { ...credential },
    limits: limitsToMessage(limits),
    provider,
  };
}
