import { TransshipError } from "@transship/errors";
import { type Instance, providerFault, type Rule, relayFault } from "@transship/model";
import type { TopologyChange } from "@transship/store";

/**
 * Checks that each rule would go with the kinds of its instances, and may go by its relay, once all changes are made: the rules that are applied, and the stored ones whose instances are.
 * @throws TransshipError `INVALID_ARGUMENT` with every rule that would not.
 */
export function requireFittingProviders(changes: readonly TopologyChange[], rules: readonly Rule[], instances: readonly Instance[]): void {
  const applied = changes.flatMap((change) => ("apply" in change ? [change.apply] : []));
  const gone = new Set(changes.flatMap((change) => ("delete" in change ? [`${change.delete.kind}/${change.delete.name}`] : [])));
  const known = new Map(instances.map(({ name, spec }) => [name, spec]));
  for (const resource of applied) if (resource.kind === "Instance") known.set(resource.metadata.name, resource.spec);
  const specs = new Map(rules.filter(({ name }) => !gone.has(`Rule/${name}`)).map(({ name, spec }) => [name, spec]));
  for (const resource of applied) if (resource.kind === "Rule") specs.set(resource.metadata.name, resource.spec);
  const faults = [...specs].flatMap(([name, spec]) => {
    const fault = providerFault(spec, (instance) => known.get(instance)?.provider) ?? relayFault(spec, (instance) => known.get(instance));
    return fault === undefined ? [] : [`rule ${name}: spec.${fault.path.join(".")}: ${fault.message}`];
  });
  if (faults.length > 0) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: faults.join("; ") });
}
