import type { Registry } from "@transship/oci";
import { type GateLimits, gateRegistry, InstanceGate } from "@transship/transfer";

/**
 * One gate for each registry instance that this process talks to: whatever opens a client there waits in the same lines, keeps to the same limits and heeds the
 * same `Retry-After`. Gates are kept for good, since what a registry asked for outlives the client that it told; an idle one is small and holds no timer.
 */
export class InstanceGates {
  readonly #gates = new Map<string, InstanceGate>();

  /** The gate by the name of an instance, or by its origin where instances have no names. */
  of(name: string): InstanceGate {
    const gate = this.#gates.get(name) ?? new InstanceGate();
    this.#gates.set(name, gate);
    return gate;
  }

  /** Limits an instance from now on, for everybody and work under way too. @throws TransshipError `INVALID_ARGUMENT` for limits that are not above zero. */
  limit(name: string, limits: GateLimits): void {
    this.of(name).setLimits(limits);
  }

  /** The registry by way of its instance's gate. */
  guard(name: string, registry: Registry): Registry {
    return gateRegistry(registry, this.of(name));
  }
}
