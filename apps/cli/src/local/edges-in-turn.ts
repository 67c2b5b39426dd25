import { TransshipError } from "@transship/errors";
import { API_VERSION, edgeFaults, edgeRule, pathTo, type ReplicationResource, type Resource, type RuleResource } from "@transship/model";
import type { PlacedResource } from "../topology/parse-topology.ts";
import type { SourceFile } from "../topology/read-topology.ts";

/** What one run of a file does. */
export interface Turns {
  /** The file's documents, with a rule for each edge in place of its replications. */
  readonly resources: readonly PlacedResource[];
  /** Enabled rules in turns: those of one turn run side by side, the next turn when they have ended. An edge comes after the one that fills its source. */
  readonly names: readonly (readonly string[])[];
}

/**
 * Edges of replications as rules for one run, which nothing starts by itself. Pure.
 * @throws TransshipError `BORDER_CROSSED`, `CONSENT_MISSING`, `INVALID_ARGUMENT` for edges that a control plane would refuse.
 */
export function edgesInTurn(file: SourceFile, documents: readonly PlacedResource[]): Turns {
  const instances = new Map(
    documents.flatMap(({ resource }) => (resource.kind === "Instance" ? [[resource.metadata.name, resource.spec]] : [])),
  );
  const instanceOf = (name: string) => {
    const spec = instances.get(name);
    return spec && { name, spec };
  };
  const turns = new Map<number, string[]>();
  const add = (turn: number, { metadata, spec }: RuleResource) => {
    if (spec.enabled) turns.set(turn, [...(turns.get(turn) ?? []), metadata.name]);
  };
  const resources = documents.flatMap((placed): PlacedResource[] => {
    const { resource } = placed;
    if (resource.kind === "Rule") add(1, resource);
    if (resource.kind !== "Replication") return [placed];
    const [fault] = edgeFaults(resource.spec, instanceOf);
    if (fault !== undefined)
      throw new TransshipError(fault.code, {
        what: `reading ${file.name}`,
        why: `replication ${resource.metadata.name}: ${fault.message}`,
      });
    return resource.spec.edges.map((edge) => {
      const rule = ruleOf(resource, edge);
      add((pathTo(resource.spec, edge.to)?.length ?? 2) - 1, rule);
      return { ...placed, resource: rule satisfies Resource };
    });
  });
  return { resources, names: [...turns].sort(([a], [b]) => a - b).map(([, names]) => names) };
}

function ruleOf({ metadata, spec }: ReplicationResource, edge: ReplicationResource["spec"]["edges"][number]): RuleResource {
  const { triggers: _triggers, ...rest } = edgeRule({ ...metadata, spec, createdAt: "", updatedAt: "" }, edge).spec;
  return { apiVersion: API_VERSION, kind: "Rule", metadata: { ...metadata, name: `${metadata.name}.${edge.to}` }, spec: rest };
}
