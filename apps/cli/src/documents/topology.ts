import type { Document } from "./document.ts";
import type { InstanceDocument } from "./instance.ts";
import type { EdgeStatusDocument, ReplicationDocument } from "./replication.ts";
import type { RuleDocument } from "./rule.ts";

/** An instance in a tree, with what is filled from it. */
export interface TreeNodeDocument {
  readonly instance: string;
  readonly region?: string;
  /** The edge that leads to it; absent for the primary. */
  readonly edge?: EdgeStatusDocument;
  readonly replicas: readonly TreeNodeDocument[];
}

/** A rule between instances. */
export interface RuleArrowDocument {
  readonly rule: string;
  readonly from: string;
  readonly to: readonly string[];
  readonly enabled: boolean;
  readonly state: string;
  readonly lastRunAt?: string;
}

/** What `transship topology` shows. */
export interface TopologyDocument extends Document {
  readonly kind: "Topology";
  readonly metadata: Record<string, never>;
  readonly status: {
    readonly replications: readonly { readonly name: string; readonly tree: TreeNodeDocument }[];
    readonly rules: readonly RuleArrowDocument[];
    /** Instances that no replication and no rule names. */
    readonly unconnected: readonly string[];
  };
}

/** All that is connected and how it does. */
export function topologyDocument(
  instances: readonly InstanceDocument[],
  rules: readonly RuleDocument[],
  replications: readonly ReplicationDocument[],
): TopologyDocument {
  const regions = new Map(instances.map(({ metadata, spec }) => [metadata.name, spec.region]));
  const trees = replications.map((replication) => ({ name: replication.metadata.name, tree: treeOf(replication, regions) }));
  const arrows = rules.map(arrowOf);
  const connected = new Set([
    ...replications.flatMap(({ spec }) => [spec.primary, ...spec.edges.map(({ to }) => to)]),
    ...arrows.flatMap(({ from, to }) => [from, ...to]),
  ]);
  const unconnected = instances.map(({ metadata }) => metadata.name).filter((name) => !connected.has(name));
  return { apiVersion: "transship/v1", kind: "Topology", metadata: {}, status: { replications: trees, rules: arrows, unconnected } };
}

function treeOf({ spec, status }: ReplicationDocument, regions: ReadonlyMap<string, string>): TreeNodeDocument {
  const edges = new Map(status.edges.map((edge) => [edge.to, edge]));
  const node = (instance: string): TreeNodeDocument => {
    const region = regions.get(instance);
    const edge = edges.get(instance);
    const replicas = spec.edges.filter(({ from }) => from === instance).map(({ to }) => node(to));
    return { instance, ...(region === undefined ? {} : { region }), ...(edge === undefined ? {} : { edge }), replicas };
  };
  return node(spec.primary);
}

function arrowOf({ metadata, spec, status: { lastExecution } }: RuleDocument): RuleArrowDocument {
  const to = [...new Set(spec.targets.map(({ instance }) => instance))];
  const at = lastExecution?.createdAt === undefined ? {} : { lastRunAt: lastExecution.createdAt };
  return { rule: metadata.name, from: spec.source.instance, to, enabled: spec.enabled, state: lastExecution?.state ?? "never ran", ...at };
}
