import { nearestName, type Resource } from "@transship/model";
import type { Issue } from "./issue.ts";
import type { PlacedResource } from "./parse-topology.ts";

/** Documents that stand twice in what is applied: which of them is meant? */
export function findDuplicates(resources: readonly PlacedResource[]): Issue[] {
  const seen = new Set<string>();
  return resources.flatMap(({ resource, issueAt }) => {
    const key = `${resource.kind} ${resource.metadata.name}`;
    if (seen.has(key)) return [issueAt(["metadata", "name"], `${key} is described twice`)];
    seen.add(key);
    return [];
  });
}

/** References of rules and replications to instances that are neither among the documents nor in `existing`. */
export function findDanglingReferences(resources: readonly PlacedResource[], existing: readonly string[]): Issue[] {
  const described = resources.filter(({ resource }) => resource.kind === "Instance").map(({ resource }) => resource.metadata.name);
  const known = [...new Set([...described, ...existing])];
  return resources.flatMap(({ resource, issueAt }) => {
    return referencesOf(resource)
      .filter(({ name }) => !known.includes(name))
      .map(({ name, path }) => issueAt(path, `there is no instance ${name}${meant(name, known)}`));
  });
}

function referencesOf(resource: Resource): { readonly name: string; readonly path: readonly (string | number)[] }[] {
  if (resource.kind === "Rule") {
    const { source, targets, relay } = resource.spec;
    return [
      { name: source.instance, path: ["spec", "source", "instance"] },
      ...targets.map((target, index) => ({ name: target.instance, path: ["spec", "targets", index, "instance"] })),
      ...(relay === undefined ? [] : [{ name: relay.instance, path: ["spec", "relay", "instance"] }]),
    ];
  }
  if (resource.kind !== "Replication") return [];
  const { primary, edges } = resource.spec;
  const ends = (["from", "to"] as const).flatMap((end) =>
    edges.map((edge, index) => ({ name: edge[end], path: ["spec", "edges", index, end] })),
  );
  const relays = edges.flatMap(({ relay }, index) =>
    relay === undefined ? [] : [{ name: relay.instance, path: ["spec", "edges", index, "relay", "instance"] }],
  );
  return [{ name: primary, path: ["spec", "primary"] }, ...ends.filter(({ name }) => name !== primary), ...relays];
}

function meant(name: string, known: readonly string[]): string {
  const near = nearestName(name, known);
  if (near !== undefined) return `; did you mean ${near}?`;
  return known.length === 0 ? "; there are no instances" : `; known instances: ${known.slice(0, 10).join(", ")}`;
}
