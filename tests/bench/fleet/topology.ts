import { openSqliteStore, type TopologyChange } from "@transship/store";

/** Instances, over so many regions: half of them are primaries, at which edges begin, half are replicas, at which they end, as in trees: no way leads back. */
export const INSTANCES = 500;
const PRIMARIES = INSTANCES / 2;
export const REGIONS = 50;
/** What each instance's events carry in the header `Authorization`. */
export const SECRET = "fleet-bench-secret";

/** The instance that an edge begins at. */
export function sourceOf(edge: number): number {
  return edge % PRIMARIES;
}

/** The repository that only this edge selects. */
export function repositoryOf(edge: number): string {
  return `ns-${edge}/app`;
}

/** The region, and with it the network, of an instance or an agent. */
export function regionOf(number: number): string {
  return `r${number % REGIONS}`;
}

/** The digest of a tag, the same whoever asks. */
export function digestOf(repository: string, tag: string): string {
  return `sha256:${Buffer.from(`${repository}:${tag}`).toString("hex").padStart(64, "0").slice(-64)}`;
}

/** Writes instances and so many edges into a new data directory. */
export async function fillTopology(directory: string, edges: number): Promise<void> {
  await using store = await openSqliteStore({ directory });
  const changes = [
    ...Array.from({ length: INSTANCES }, (_, number) => instance(number)),
    ...Array.from({ length: edges }, (_, n) => edge(n)),
  ];
  await store.topology.apply(changes, { now: new Date() });
}

function instance(number: number): TopologyChange {
  const url = `https://i${number}.example`;
  return {
    apply: {
      apiVersion: "transship/v1",
      kind: "Instance",
      metadata: { name: `i${number}`, labels: {} },
      spec: {
        provider: "registry",
        region: regionOf(number),
        account: "default",
        endpoints: [
          { url, network: regionOf(number) },
          { url, network: "public" },
        ],
        webhook: { header: "Authorization", secret: SECRET },
      },
    },
  };
}

function edge(number: number): TopologyChange {
  const source = sourceOf(number);
  // Replicas at growing distances, so that no two edges of a source have the same target.
  const target = PRIMARIES + ((source + 1 + Math.floor(number / PRIMARIES) * 7) % PRIMARIES);
  return {
    apply: {
      apiVersion: "transship/v1",
      kind: "Rule",
      metadata: { name: `edge-${number}`, labels: {} },
      spec: {
        source: { instance: `i${source}`, namespace: `ns-${number}` },
        targets: [{ instance: `i${target}`, namespace: `copies-${number}` }],
        overwrite: "always",
        enabled: true,
        triggers: { events: true },
      },
    },
  };
}
