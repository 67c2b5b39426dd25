import { TransshipError } from "@transship/errors";
import { type Instance, providerFault, type Rule, relayFault } from "@transship/model";
import type { TopologyChange } from "@transship/store";
import { resultingInstances, resultingSpecs } from "./resulting.ts";

/**
 * Checks that each rule would go with the kinds of its instances, and may go by its relay, once all changes are made: the rules that are applied, and the stored ones whose instances are.
 * @throws TransshipError `INVALID_ARGUMENT` with every rule that would not.
 */
export function requireFittingProviders(changes: readonly TopologyChange[], rules: readonly Rule[], instances: readonly Instance[]): void {
  const instanceOf = resultingInstances(instances, changes);
  const faults = [...resultingSpecs("Rule", rules, changes)].flatMap(([name, spec]) => {
    const fault =
      providerFault(spec, (instance) => instanceOf(instance)?.spec.provider) ?? relayFault(spec, (instance) => instanceOf(instance)?.spec);
    return fault === undefined ? [] : [`rule ${name}: spec.${fault.path.join(".")}: ${fault.message}`];
  });
  if (faults.length > 0) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: faults.join("; ") });
}
