import { TransshipError } from "@transship/errors";
import {
  descendants,
  type EdgeFault,
  edgeFaults,
  edgeRule,
  type Instance,
  type Replication,
  type ReplicationSpec,
  relayFault,
} from "@transship/model";
import type { TopologyChange } from "@transship/store";
import { resultingInstances, resultingSpecs } from "./resulting.ts";

/**
 * Checks every replication as it is once all changes are made: each inside one border and with the consent of other accounts, no instance the replica of two
 * replications, no circle through several of them, and no other primary than before, which promotion alone gives, since it looks first what the new one lacks.
 * @throws TransshipError `BORDER_CROSSED`, `CONSENT_MISSING`, `INVALID_ARGUMENT`, `CONFLICT`, with everything that is wrong.
 */
export function requireAllowedEdges(
  changes: readonly TopologyChange[],
  replications: readonly Replication[],
  instances: readonly Instance[],
): void {
  const instanceOf = resultingInstances(instances, changes);
  const specs = resultingSpecs("Replication", replications, changes);
  const faults = [...specs].flatMap(([name, spec]) => edgeFaults(spec, instanceOf).map((fault) => ({ ...fault, name })));
  const [first] = faults;
  if (first !== undefined) throw new TransshipError(first.code, { what: "the topology", why: faults.map(faultText).join("; ") });
  const between = [...relays(specs, instanceOf), ...replicasOfTwo(specs), ...circles(specs)];
  if (between.length > 0) throw new TransshipError("INVALID_ARGUMENT", { what: "the topology", why: between.join("; ") });
  for (const { name, spec } of replications) requireSamePrimary(name, spec, specs.get(name));
}

function faultText({ name, path, message }: EdgeFault & { readonly name: string }): string {
  return `replication ${name}: spec.${path.join(".")}: ${message}`;
}

function relays(specs: ReadonlyMap<string, ReplicationSpec>, instanceOf: ReturnType<typeof resultingInstances>): string[] {
  return [...specs].flatMap(([name, spec]) =>
    spec.edges.flatMap((edge, index) => {
      const replication = { name, spec, labels: {}, createdAt: "", updatedAt: "" };
      const fault = relayFault(edgeRule(replication, edge).spec, (instance) => instanceOf(instance)?.spec);
      return fault === undefined ? [] : [`replication ${name}: spec.edges.${index}.${fault.path.join(".")}: ${fault.message}`];
    }),
  );
}

function replicasOfTwo(specs: ReadonlyMap<string, ReplicationSpec>): string[] {
  const owners = new Map<string, string>();
  return [...specs].flatMap(([name, { edges }]) =>
    edges.flatMap(({ to }) => {
      const owner = owners.get(to);
      owners.set(to, name);
      return owner === undefined ? [] : [`replications ${owner} and ${name} both fill ${to}; an instance is the replica of one`];
    }),
  );
}

function circles(specs: ReadonlyMap<string, ReplicationSpec>): string[] {
  const edges = [...specs.values()].flatMap((spec) => spec.edges);
  const ring = edges.map(({ from }) => from).find((instance) => descendants(edges, instance).includes(instance));
  return ring === undefined ? [] : [`replications ${[...specs.keys()].join(", ")} together go in a circle through ${ring}`];
}

function requireSamePrimary(name: string, before: ReplicationSpec, after: ReplicationSpec | undefined): void {
  if (after === undefined || after.primary === before.primary) return;
  throw new TransshipError("CONFLICT", {
    what: `replication ${name}`,
    why: `its primary is ${before.primary}, and the document says ${after.primary}; another primary must first be found complete`,
    hint: `Promote it with \`transship replication promote ${name} ${after.primary}\`, then apply the document again.`,
  });
}
