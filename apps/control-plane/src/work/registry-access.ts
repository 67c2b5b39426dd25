import { endpointToMessage, limitsToMessage, type wire } from "@transship/api";
import type { Endpoint, Instance, Limits } from "@transship/model";

/**
 * What an agent needs to reach an instance by one of its endpoints, credential included: goes to agents only, with one task or question. `limits`: the agent's share
 * of the instance's limits.
 */
export function registryAccess(instance: Instance, endpoint: Endpoint, limits: Limits | undefined): wire.RegistryAccess {
  const { credential, provider } = instance.spec;
  return {
    instance: instance.name,
    endpoint: endpointToMessage(endpoint),
    credential: credential === undefined ? undefined : { ...credential },
    limits: limitsToMessage(limits),
    provider,
  };
}
