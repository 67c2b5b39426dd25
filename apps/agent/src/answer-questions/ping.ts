import type { wire } from "@transship/api";
import type { Registries } from "../registries.ts";
import type { Found } from "./questions.ts";

/** Reaches the registry by a client of its own, so that connection and login are really made. Throws why it cannot. */
export async function pingRegistry(registries: Registries, access: wire.RegistryAccess | undefined, signal: AbortSignal): Promise<Found> {
  await using registry = registries.open(access);
  const begun = performance.now();
  await registry.ping({ signal });
  return { $case: "ping", value: { latencyMs: performance.now() - begun } };
}
