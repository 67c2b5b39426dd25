import type { wire } from "@transship/api";
import type { Instance } from "@transship/model";

/** What agents found with the networks of the endpoints; what is about endpoints that are no more is left out. */
export function withNetworks(found: readonly wire.InstanceReach[], instances: readonly Instance[]): wire.InstanceReach[] {
  const networks = new Map(instances.flatMap(({ name, spec }) => spec.endpoints.map(({ url, network }) => [`${name} ${url}`, network])));
  return found.flatMap((one) => {
    const network = networks.get(`${one.instance} ${one.url}`);
    return network === undefined ? [] : [{ ...one, network }];
  });
}
