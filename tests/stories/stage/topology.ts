import { stringify } from "yaml";

/** An instance document for a registry on loopback. */
export function instance(name: string, url: string, region: string, more: Record<string, unknown> = {}): object {
  return {
    apiVersion: "transship/v1",
    kind: "Instance",
    metadata: { name },
    spec: { provider: "registry", region, endpoints: [{ url, network: "public" }], ...more },
  };
}

/** A rule document. */
export function rule(name: string, source: object, targets: readonly object[], more: Record<string, unknown> = {}): object {
  return { apiVersion: "transship/v1", kind: "Rule", metadata: { name }, spec: { source, targets, ...more } };
}

/** Documents as one YAML file. */
export function topology(...documents: readonly object[]): string {
  return documents.map((document) => stringify(document)).join("---\n");
}
