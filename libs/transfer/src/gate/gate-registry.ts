import type { Registry } from "@transship/oci";
import { gatedPages } from "./gated-pages.ts";
import { GatedRepository } from "./gated-repository.ts";
import type { InstanceGate } from "./instance-gate.ts";

/**
 * The same registry with every call going through a gate. Everything in the process that talks to the instance shares the gate, also through other registries
 * (other endpoints, other credentials). Disposing of it closes the registry that was given; the gate needs no closing.
 */
export function gateRegistry(registry: Registry, gate: InstanceGate): Registry {
  return {
    origin: registry.origin,
    ping: (options) =>
      gate.run({ lane: "small", what: `asking ${registry.origin}`, signal: options?.signal }, () => registry.ping(options)),
    catalog: (options) =>
      gatedPages(registry.catalog(options), gate, { what: `listing the repositories of ${registry.origin}`, signal: options?.signal }),
    repository: (name) => new GatedRepository(registry.repository(name), gate),
    [Symbol.asyncDispose]: () => registry[Symbol.asyncDispose](),
  };
}
