import { writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RealRegistry } from "../registries/real-registry.ts";
import { type LongWay, longWay, WAY_KIND } from "./stage/long-way.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { topology } from "./stage/topology.ts";

const SECRET = "Bearer a-secret-of-the-story";
const TAGS = 50;
const LAYER = 200_000;

describe.skipIf(REAL_KINDS.length === 0)("a primary, two regions and three replicas", { timeout: 280_000 }, () => {
  it("are equal after fifty pushes, and every blob crossed each border between regions once", async () => {
    await using site = await openSite();
    await using tree = await plant(site);
    const { registries, ways } = tree;
    const unique = await pushAll(registries.gz);
    await untilInStep(site, "cn-tree");

    for (const name of ["sh", "bj", "sh-1", "sh-2", "bj-1"] as const) await expectEqual(registries.gz, registries[name], TAGS);
    // The primary sent each blob once to each of the two regions; HTTP, manifests and lists are the rest.
    expect(registries.gz.accessLog.blobBytesServed()).toBe(2 * unique);
    for (const [region, way] of Object.entries(ways)) {
      console.info(`${region}: ${way.bytes()} bytes over ${WAY_KIND} for ${unique} bytes of blobs`);
      expect(way.bytes()).toBeGreaterThan(unique);
      expect(way.bytes()).toBeLessThan(unique * 1.1);
    }
    // Inside a region each replica got each blob once, from its parent or from the sibling beside it.
    const served = (...names: (keyof Registries)[]) => names.reduce((sum, name) => sum + registries[name].accessLog.blobBytesServed(), 0);
    expect(served("sh", "sh-1", "sh-2")).toBe(2 * unique);
    expect(served("bj", "bj-1")).toBe(unique);

    // A tag that moves and, since the replication says so, one that is deleted, follow to the ends of the tree.
    await pushImage(registries.gz.url, "team/app", "v5", [noise("moved", LAYER)]);
    const { digest } = await describeTag(registries.gz.url, "team/app", "v10");
    await fetch(`${registries.gz.url}/v2/team/app/manifests/${digest}`, { method: "DELETE" });
    const { digest: moved } = await describeTag(registries.gz.url, "team/app", "v5");
    await until(async () => {
      for (const name of ["sh", "bj", "sh-1", "sh-2", "bj-1"] as const) {
        if ((await describeTag(registries[name].url, "team/app", "v5")).digest !== moved) return false;
        if ((await describeTag(registries[name].url, "team/app", "v10").catch(() => undefined)) !== undefined) return false;
      }
      return true;
    }, "the moved and the deleted tag");
    await untilInStep(site, "cn-tree");
  });

  it("changes while it runs: a replica is added, one is taken away, one becomes the primary", async () => {
    await using site = await openSite();
    await using tree = await plant(site, { edges: SMALL_TREE });
    const { registries } = tree;
    for (let tag = 1; tag <= 3; tag++) await pushImage(registries.gz.url, "team/app", `v${tag}`, [noise(`layer-${tag}`, LAYER)]);
    await untilInStep(site, "cn-tree");

    // Added: it fills by itself.
    await tree.apply({ edges: [...SMALL_TREE, { from: "sh", to: "sh-2" }] });
    await untilInStep(site, "cn-tree");
    await expectEqual(registries.gz, registries["sh-2"], 3);

    // Taken away: what it has stays, and nothing more comes.
    await tree.apply({ edges: SMALL_TREE });
    await pushImage(registries.gz.url, "team/app", "v4", [noise("layer-4", LAYER)]);
    await until(async () => (await tagsOf(registries["sh-1"])).length === 4, "v4 at sh-1");
    expect(await tagsOf(registries["sh-2"])).toEqual(["v1", "v2", "v3"]);

    // Promoted: only what is complete. While the replication is disabled nothing follows the primary.
    await untilInStep(site, "cn-tree");
    await site.cli("replication", "disable", "cn-tree");
    await pushImage(registries.gz.url, "team/app", "v5", [noise("layer-5", LAYER)]);
    const refused = await site.cli("replication", "promote", "cn-tree", "sh");
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain("it lacks 1 of 5 tags of gz: team/app:v5");
    await site.cli("replication", "enable", "cn-tree");
    await site.cli("replication", "run", "cn-tree", "--wait");
    const promoted = await site.cli("replication", "promote", "cn-tree", "sh");
    expect(promoted.stderr).toContain("sh is the primary of cn-tree now: it has all 5 tags of the primary before");
    await pushImage(registries.sh.url, "team/app", "v6", [noise("layer-6", LAYER)]);
    await until(
      async () => (await tagsOf(registries.gz)).includes("v6") && (await tagsOf(registries["sh-1"])).includes("v6"),
      "v6 at gz and sh-1",
    );
    const document = await site.json<ReplicationDocument>("replication", "get", "cn-tree");
    expect(document.spec.primary).toBe("sh");
    expect(document.spec.edges).toEqual([
      { from: "sh", to: "gz" },
      { from: "sh", to: "sh-1" },
    ]);
  });

  it("is refused where it crosses a border, belongs to two accounts, or is no tree", async () => {
    await using site = await openSite();
    const instance = (name: string, more: object) => ({
      apiVersion: "transship/v1",
      kind: "Instance",
      metadata: { name },
      spec: { region: name, endpoints: [{ url: "http://127.0.0.1:1" }], ...more },
    });
    const instances = [
      instance("gz", { border: "cn" }),
      instance("sh", { border: "cn" }),
      instance("sg", { border: "intl" }),
      instance("partner", { border: "cn", account: "globex" }),
    ];
    const refused = async (more: object) => {
      const { code, stderr } = await applied(site, topology(...instances, replication({ primary: "gz", ...more })));
      return { code, stderr };
    };
    const border = await refused({ edges: [{ from: "gz", to: "sg" }] });
    expect(border.code).toBe(4);
    expect(border.stderr).toContain("gz is inside border cn and sg is inside border intl; replication never crosses a border, a rule may");
    expect(border.stderr).toContain("{kind: Rule, metadata: {name: gz-to-sg}");
    expect(border.stderr).toContain("BORDER_CROSSED");
    const account = await refused({ edges: [{ from: "gz", to: "partner" }] });
    expect(account.code).toBe(4);
    expect(account.stderr).toContain("account globex has not agreed");
    const agreed = await refused({ edges: [{ from: "gz", to: "partner" }], consent: [{ account: "globex", by: "ticket 42" }] });
    expect(agreed.code).toBe(0);
    const circle = await refused({
      edges: [
        { from: "gz", to: "sh" },
        { from: "sh", to: "gz" },
      ],
    });
    expect(circle.code).toBe(2);
    expect(circle.stderr).toContain("leads back to the primary gz: gz → sh → gz");
    const rule = {
      apiVersion: "transship/v1",
      kind: "Rule",
      metadata: { name: "to-partner" },
      spec: { source: { instance: "gz" }, targets: [{ instance: "partner", namespace: "x" }] },
    };
    const ruled = await applied(site, topology(...instances, rule));
    expect(ruled.code).toBe(4);
    expect(ruled.stderr).toContain("rule to-partner: partner belongs to account globex");
  });
});

const FULL_TREE = [
  { from: "gz", to: "sh" },
  { from: "gz", to: "bj" },
  { from: "sh", to: "sh-1" },
  { from: "sh", to: "sh-2" },
  { from: "bj", to: "bj-1" },
] as const;
const SMALL_TREE = [
  { from: "gz", to: "sh" },
  { from: "sh", to: "sh-1" },
] as const;

type Registries = Record<"gz" | "sh" | "bj" | "sh-1" | "sh-2" | "bj-1", RealRegistry>;

interface ReplicationDocument {
  readonly spec: { readonly primary: string; readonly edges: readonly object[] };
  readonly status: {
    readonly edges: readonly { readonly to: string; readonly state: string; readonly lagMs: number; readonly backlog: number }[];
  };
}

interface Tree extends AsyncDisposable {
  readonly registries: Registries;
  /** From the primary to each of the other regions. */
  readonly ways: Record<"sh" | "bj", LongWay>;
  apply(more: { readonly edges: readonly object[] }): Promise<void>;
}

/** Six registries in three regions. Those of gz are reached from the others by a long way each; what is inside a region is near. */
async function plant(site: Site, { edges = FULL_TREE }: { readonly edges?: readonly object[] } = {}): Promise<Tree> {
  await using made = new AsyncDisposableStack();
  const file = site.scratch.path("secret");
  await writeFile(file, SECRET);
  const kind = (index: number) => REAL_KINDS[index % REAL_KINDS.length];
  const names = ["gz", "sh", "bj", "sh-1", "sh-2", "bj-1"] as const;
  const opened = await Promise.all(
    names.map(async (name, index) => [name, await site.registry(name, kind(index), { secret: SECRET })] as const),
  );
  const registries = Object.fromEntries(opened) as Registries;
  const ways = {
    sh: made.use(await longWay(registries.gz.port, 40, site.scratch)),
    bj: made.use(await longWay(registries.gz.port, 60, site.scratch)),
  };
  const startAgent = async (region: string, name: string, networks: readonly string[]) => {
    await site.agent(name, region, ["--border", "cn", ...networks.flatMap((network) => ["--network", network])]);
  };
  await startAgent("gz", "gz", ["vpc-gz"]);
  await startAgent("sh", "sh", ["vpc-sh", "line-sh"]);
  await startAgent("bj", "bj", ["vpc-bj", "line-bj"]);
  const regionOf = (name: string) => name.slice(0, 2);
  const instances = names.map((name) => ({
    apiVersion: "transship/v1",
    kind: "Instance",
    metadata: { name },
    spec: {
      region: regionOf(name),
      border: "cn",
      endpoints: [
        { url: registries[name].url, network: `vpc-${regionOf(name)}` },
        ...(name === "gz" ? (["sh", "bj"] as const).map((region) => ({ url: ways[region].url, network: `line-${region}` })) : []),
      ],
      webhook: { header: "Authorization", secretFrom: { file } },
    },
  }));
  const apply: Tree["apply"] = ({ edges: wanted }) =>
    site.apply(topology(...instances, replication({ primary: "gz", edges: wanted, deletion: { propagate: true } })));
  await apply({ edges });
  const all = made.move();
  return { registries, ways, apply, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

function replication(spec: object): object {
  return { apiVersion: "transship/v1", kind: "Replication", metadata: { name: "cn-tree" }, spec };
}

/** Fifty tags in five repositories, over layers that some of them share; returns the bytes of the unique blobs. */
async function pushAll(registry: RealRegistry): Promise<number> {
  for (let tag = 0; tag < TAGS; tag++) {
    const layers = [noise(`base-${tag % 3}`, LAYER), noise(`app-${tag % 5}`, LAYER), noise(`own-${tag}`, LAYER / 10)];
    await pushImage(registry.url, REPOSITORIES[tag % REPOSITORIES.length] ?? "", `v${tag}`, layers);
  }
  return uniqueBytes(registry);
}

const REPOSITORIES = ["team/app", "team/web", "team/db", "infra/base", "infra/tools"];

async function uniqueBytes(registry: RealRegistry): Promise<number> {
  const blobs = new Map<string, number>();
  for (const repository of REPOSITORIES) {
    for (const tag of await tagsOf(registry, repository)) {
      const manifest = (await (
        await fetch(`${registry.url}/v2/${repository}/manifests/${tag}`, {
          headers: { accept: "application/vnd.oci.image.manifest.v1+json" },
        })
      ).json()) as { config: Descriptor; layers: Descriptor[] };
      for (const { digest, size } of [manifest.config, ...manifest.layers]) blobs.set(digest, size);
    }
  }
  return [...blobs.values()].reduce((sum, size) => sum + size, 0);
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
}

async function tagsOf(registry: RealRegistry, repository = "team/app"): Promise<string[]> {
  const answer = await fetch(`${registry.url}/v2/${repository}/tags/list`);
  if (answer.status === 404) return [];
  return (((await answer.json()) as { tags: string[] | null }).tags ?? []).sort();
}

async function expectEqual(one: RealRegistry, other: RealRegistry, tags: number): Promise<void> {
  let seen = 0;
  for (const repository of REPOSITORIES) {
    const names = await tagsOf(one, repository);
    expect(await tagsOf(other, repository)).toEqual(names);
    for (const tag of names) {
      expect((await describeTag(other.url, repository, tag)).digest).toBe((await describeTag(one.url, repository, tag)).digest);
      seen += 1;
    }
  }
  expect(seen).toBe(tags);
}

/** Waits until all edges say that they are in step. */
async function untilInStep(site: Site, name: string): Promise<void> {
  let calm = 0;
  await until(
    async () => {
      const { status } = await site.json<ReplicationDocument>("replication", "get", name);
      calm = status.edges.every(({ state, lagMs, backlog }) => state === "in-step" && lagMs === 0 && backlog === 0) ? calm + 1 : 0;
      // An event may be on its way: twice in a row.
      return calm >= 2;
    },
    "all edges in step",
    400,
  );
}

async function until(reached: () => Promise<boolean>, what: string, everyMs = 100): Promise<void> {
  for (const deadline = performance.now() + 90_000; performance.now() < deadline; await sleep(everyMs)) {
    if (await reached()) return;
  }
  throw new Error(`${what}: not within 90 s`);
}

async function applied(site: Site, yaml: string): Promise<{ code: number | null; stderr: string }> {
  await writeFile(site.scratch.path("refused.yaml"), yaml);
  return site.cli("apply", "-f", site.scratch.path("refused.yaml"));
}
