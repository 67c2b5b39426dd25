import { isDeepStrictEqual } from "node:util";
import { TransshipError } from "@transship/errors";
import { instancesOf, type ReplicationSpec, type Resource, type ResourceKind, type RuleSpec } from "@transship/model";
import { notFound } from "../not-found.ts";
import type { AppliedChange, ApplyOutcome, TopologyChange } from "../topology-store.ts";

/** A resource as far as applying is concerned: plain JSON values. */
export interface Document {
  readonly kind: ResourceKind;
  readonly name: string;
  readonly labels: unknown;
  readonly spec: unknown;
}

/** All resources, by kind and name. */
export type Documents = ReadonlyMap<string, Document>;

/** The key of a resource in `Documents`. */
export function documentKey(kind: ResourceKind, name: string): string {
  return `${kind}/${name}`;
}

/** What the changes make of the resources, in their order. Pure. @throws TransshipError `NOT_FOUND` for a deleted name that is not there. */
export function applyChanges(before: Documents, changes: readonly TopologyChange[]): { after: Documents; applied: AppliedChange[] } {
  const after = new Map(before);
  const applied = changes.map((change): AppliedChange => {
    if ("delete" in change) {
      const { kind, name } = change.delete;
      if (!after.delete(documentKey(kind, name))) throw notFound(kind.toLowerCase(), name);
      return { kind, name, outcome: "deleted" };
    }
    const document = documentOf(change.apply);
    const key = documentKey(document.kind, document.name);
    const outcome = compare(after.get(key), document);
    if (outcome !== "unchanged") after.set(key, document);
    return { kind: document.kind, name: document.name, outcome };
  });
  return { after, applied };
}

/**
 * Whether every rule and replication still has its instances. Pure.
 * @throws TransshipError `CONFLICT` where the changes delete an instance that one names (with all that do), `NOT_FOUND` where one names an instance that never was.
 */
export function checkReferences(before: Documents, after: Documents): void {
  const missing = new Map<string, string[]>();
  for (const document of after.values()) {
    for (const instance of namedInstances(document)) {
      if (after.has(documentKey("Instance", instance))) continue;
      missing.set(instance, [...(missing.get(instance) ?? []), `${document.kind.toLowerCase()} ${document.name}`]);
    }
  }
  for (const [instance, users] of missing) {
    const names = users.sort().join(", ");
    const name = users.length === 1 ? "names" : "name";
    if (before.has(documentKey("Instance", instance))) {
      throw new TransshipError("CONFLICT", {
        what: `deleting instance ${instance}`,
        why: `${names} ${name} it`,
        hint: "Delete or change what names it in the same step.",
      });
    }
    throw new TransshipError("NOT_FOUND", { what: `instance ${instance}`, why: `${names} ${name} it and it does not exist` });
  }
}

function namedInstances({ kind, spec }: Document): string[] {
  if (kind === "Rule") return instancesOf(spec as RuleSpec);
  if (kind !== "Replication") return [];
  const { primary, edges } = spec as ReplicationSpec;
  return [...new Set([primary, ...edges.flatMap(({ from, to, relay }) => [from, to, ...(relay === undefined ? [] : [relay.instance])])])];
}

function documentOf(resource: Resource): Document {
  // Through JSON, so that it compares with what was stored: a key whose value is undefined is no key.
  const { labels, spec } = JSON.parse(JSON.stringify({ labels: resource.metadata.labels, spec: resource.spec }));
  return { kind: resource.kind, name: resource.metadata.name, labels, spec };
}

function compare(old: Document | undefined, document: Document): ApplyOutcome {
  if (old === undefined) return "created";
  return isDeepStrictEqual([old.labels, old.spec], [document.labels, document.spec]) ? "unchanged" : "configured";
}
