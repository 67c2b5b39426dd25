import { writeFile } from "node:fs/promises";
import { type ChartMuseum, type DevRegistry, startChartMuseum, startDevRegistry } from "@transship/dev-registry";
import { type Descriptor, digestOf, openRegistry, parseManifest } from "@transship/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const HELM = {
  config: "application/vnd.cncf.helm.config.v1+json",
  content: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
};
const USER = { username: "robot", password: "charts-password" };

const stack = new AsyncDisposableStack();
let site: Site;
let museum: ChartMuseum;
let dev: DevRegistry;
/** URLs of the targets: the development registry, and a real one where there is one. */
let targets: string[];

const asOci = (more: Record<string, unknown> = {}) =>
  rule(
    "charts",
    { instance: "museum", charts: "asOci" },
    targets.map((_, n) => ({ instance: `t${n}`, namespace: "charts" })),
    more,
  );

async function places(): Promise<object[]> {
  const file = site.scratch.path("password");
  await writeFile(file, USER.password);
  const credential = { username: USER.username, passwordFrom: { file } };
  const charts = instance("museum", museum.url, "old", { provider: "chartmuseum", credential });
  return [charts, ...targets.map((url, n) => instance(`t${n}`, url, "new"))];
}

/** The chart under a tag as a Helm client would take it: config and archive by their media types. */
async function pull(url: string, name: string, tag: string): Promise<{ digest: string; config: unknown; archive: Buffer }> {
  await using registry = openRegistry({ url });
  const repository = registry.repository(name);
  const manifest = await repository.manifest(tag);
  if (manifest === undefined) throw new Error(`no ${name}:${tag} at ${url}`);
  const { config, layers } = parseManifest(manifest);
  expect([config?.mediaType, layers.map(({ mediaType }) => mediaType)]).toEqual([HELM.config, [HELM.content]]);
  const read = async (blob: Descriptor | undefined) => {
    if (blob === undefined) throw new Error("no such blob");
    const part = await repository.readBlob(blob, { start: 0, end: blob.size });
    return Buffer.concat(await Array.fromAsync(part.bytes));
  };
  return { digest: manifest.digest, config: JSON.parse((await read(config)).toString()), archive: await read(layers[0]) };
}

const archivesRead = () => museum.requests.filter((line) => line.includes(".tgz")).length;

beforeAll(async () => {
  site = stack.use(await openSite());
  museum = stack.use(await startChartMuseum({ path: "/chartrepo/library", user: USER }));
  dev = stack.use(await startDevRegistry());
  targets = [dev.url];
  if (REAL_KINDS[0] !== undefined) targets.push((await site.registry("real", REAL_KINDS[0])).url);
  // One lists the charts, the other one copies them.
  await site.agent("near-source", "old");
  await site.agent("near-target", "new");
}, 120_000);
afterAll(() => stack.disposeAsync());

describe("charts of a chart repository", { timeout: 180_000 }, () => {
  const archives = new Map<string, Buffer>();
  const add = (name: string, version: string, files: Record<string, string> = {}) =>
    archives.set(`${name}:${version.replace("+", "_")}`, museum.add({ name, version, chartYaml: "description: for tests\n", files }));

  it("are left where they are unless the rule says so", async () => {
    for (const version of ["1.0.0", "1.1.0", "1.2.0+build.7"]) add("nginx", version, { "values.yaml": `version: ${version}\n` });
    add("redis", "0.1.0", { "data.txt": Array.from({ length: 20_000 }, (_, n) => digestOf(Buffer.from(String(n)))).join() });
    museum.add({ name: "UpperCase", version: "1.0.0" });
    const file = site.scratch.path("refused.yaml");
    await writeFile(file, topology(...(await places()), rule("charts", { instance: "museum" }, [{ instance: "t0", namespace: "charts" }])));
    const refused = await site.cli("apply", "-f", file);
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining("set source.charts: asOci to store them as OCI charts")]);
    expect(museum.requests).toEqual([]);
  });

  it("arrive as OCI charts, with their archives byte for byte, the same at each target", async () => {
    await site.apply(topology(...(await places()), asOci()));
    const plan = await site.json<{ status: { items: { artifact: string; action: string; reason: string }[] } }>(
      "plan",
      "rule",
      "charts",
      "--all",
    );
    expect(plan.status.items.filter(({ action }) => action !== "copy").map(({ artifact }) => artifact)).toEqual(
      targets.map(() => "UpperCase:1.0.0"),
    );
    const { code, execution } = await site.run("charts");
    expect([code, execution.status.state, execution.status.tasks.succeeded]).toEqual([0, "succeeded", 4 * targets.length]);
    for (const [name, archive] of archives) {
      const [chart = "", tag = ""] = name.split(":");
      const pulled = await Promise.all(targets.map((url) => pull(url, `charts/${chart}`, tag)));
      for (const one of pulled) {
        expect(one.archive.equals(archive)).toBe(true);
        expect(one.config).toEqual({ name: chart, version: tag.replace("_", "+"), description: "for tests", apiVersion: "v2" });
        expect(one.digest).toBe(pulled[0]?.digest);
      }
    }
  });

  it("are unchanged the second time, and no archive is read for it", async () => {
    const before = archivesRead();
    const { execution } = await site.run("charts");
    expect(execution.status).toMatchObject({ state: "succeeded", unchanged: 4 * targets.length, tasks: { total: 0 } });
    expect(archivesRead()).toBe(before);
  });

  it("follow a new version, and one that was pushed again", async () => {
    add("nginx", "1.3.0");
    add("nginx", "1.0.0", { "values.yaml": "pushed: again\n" });
    const { execution } = await site.run("charts");
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 2 * targets.length } });
    for (const url of targets)
      expect((await pull(url, "charts/nginx", "1.0.0")).archive.equals(archives.get("nginx:1.0.0") as Buffer)).toBe(true);
  });

  it("are charts for filters, and versions for semver", async () => {
    const read = async (more: Record<string, unknown>) => {
      await site.apply(topology(...(await places()), asOci(more)));
      const { status } = await site.json<{ status: { items: { artifact: string; selected: boolean }[] } }>("rule", "test-filter", "charts");
      return status.items.filter(({ selected }) => selected).map(({ artifact }) => artifact);
    };
    expect(await read({ kinds: ["chart"], repositories: { include: ["nginx"] }, tags: { semver: ">=1.1", newest: 1 } })).toEqual([
      "nginx:1.3.0",
    ]);
    expect(await read({ kinds: ["image"] })).toEqual([]);
    await site.apply(topology(...(await places()), asOci()));
    const file = site.scratch.path("draft.yaml");
    await writeFile(file, topology(rule("draft", { instance: "museum" }, [{ instance: "t0", namespace: "x" }])));
    const draft = await site.cli("rule", "test-filter", "draft", "-f", file);
    expect([draft.code, draft.stderr]).toEqual([2, expect.stringContaining("set source.charts: asOci")]);
  });

  it("fail the run where an archive is not what the index says", async () => {
    museum.add({ name: "bad", version: "1.0.0", digest: "wrong" });
    const { code, execution, stderr } = await site.run("charts");
    expect([code, execution.status.state]).toEqual([1, "failed"]);
    expect(stderr).toMatch(
      /reading chart bad 1\.0\.0.*the index says sha256:\w+ and the archive is sha256:\w+.*\(source\).*DIGEST_MISMATCH/s,
    );
    museum.remove("bad", "1.0.0");
  });

  it("fail the run where the index is broken", async () => {
    museum.broken = { body: "apiVersion: v1\nentries:\n  nginx:\n  - version: 1.0.0\n    urls: [" };
    const { code, execution, stderr } = await site.run("charts");
    museum.broken = undefined;
    expect([code, execution.status.state]).toEqual([1, "failed"]);
    expect(stderr).toMatch(/index\.yaml.*it is no YAML/s);
    expect((await site.run("charts")).execution.status.state).toBe("succeeded");
  });
});
