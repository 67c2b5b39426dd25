import type { Instance, InstanceSpec, Resource, ResourceKind } from "@transship/model";
import type { TopologyChange } from "@transship/store";

type Spec<K extends ResourceKind> = Extract<Resource, { readonly kind: K }>["spec"];

/** The specs of a kind, by name, as they are once all changes are made. Pure. */
export function resultingSpecs<K extends ResourceKind>(
  kind: K,
  stored: readonly { readonly name: string; readonly spec: Spec<K> }[],
  changes: readonly TopologyChange[],
): Map<string, Spec<K>> {
  const specs = new Map(stored.map(({ name, spec }) => [name, spec]));
  for (const change of changes) {
    if ("delete" in change) {
      if (change.delete.kind === kind) specs.delete(change.delete.name);
    } else if (change.apply.kind === kind) specs.set(change.apply.metadata.name, change.apply.spec as Spec<K>);
  }
  return specs;
}

/** A lookup of instances as they are once all changes are made. */
export function resultingInstances(instances: readonly Instance[], changes: readonly TopologyChange[]) {
  const specs: Map<string, InstanceSpec> = resultingSpecs("Instance", instances, changes);
  return (name: string): { readonly name: string; readonly spec: InstanceSpec } | undefined => {
    const spec = specs.get(name);
    return spec && { name, spec };
  };
}
