import { type ChartMuseum, type ChartMuseumOptions, chartArchive, startChartMuseum } from "@transship/dev-registry";
import { digestOf, parseManifest, type Registry } from "@transship/oci";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChartMemory } from "./chart-memory.ts";
import { openChartMuseum } from "./open-chart-museum.ts";

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

const start = async (options?: ChartMuseumOptions) => stack.use(await startChartMuseum(options));
const open = (museum: { readonly url: string }, memory = new ChartMemory(), more: object = {}): Registry =>
  stack.use(openChartMuseum({ url: museum.url, memory, ...more }));
const all = async (pages: AsyncIterable<readonly string[]>) => (await Array.fromAsync(pages)).flat();
const archivesRead = ({ requests }: ChartMuseum) => requests.filter((line) => line.includes(".tgz"));

async function bytesOf(registry: Registry, name: string, reference: string): Promise<{ config: Buffer; archive: Buffer }> {
  const repository = registry.repository(name);
  const manifest = await repository.manifest(reference);
  if (manifest === undefined) throw new Error(`no manifest ${reference}`);
  const parsed = parseManifest(manifest);
  const [config, archive] = await Promise.all(
    parsed.blobs.map(async (blob) => {
      const read = await repository.readBlob(blob, { start: 0, end: blob.size });
      const bytes = Buffer.concat(await Array.fromAsync(read.bytes));
      expect(digestOf(bytes)).toBe(blob.digest);
      return bytes;
    }),
  );
  return { config: config as Buffer, archive: archive as Buffer };
}

describe.each([
  ["ChartMuseum", {}],
  ["a project of Harbor", { path: "/chartrepo/library", user: { username: "robot", password: "s3cret" } }],
] as const)("a chart repository as %s has it", (_, options: ChartMuseumOptions) => {
  it("is charts as repositories and versions as tags", async () => {
    const museum = await start(options);
    museum.add({ name: "nginx", version: "1.0.0" });
    museum.add({ name: "nginx", version: "1.1.0+build.7", url: "own" });
    museum.add({ name: "redis", version: "0.1.0-rc.1" });
    const registry = open(museum, undefined, { credential: options.user });
    await registry.ping();
    expect(await all(registry.catalog())).toEqual(["nginx", "redis"]);
    expect(await all(registry.repository("nginx").tags())).toEqual(["1.1.0_build.7", "1.0.0"]);
    await expect(all(registry.repository("mysql").tags())).rejects.toMatchObject({ code: "NAME_UNKNOWN" });
    expect(await registry.repository("nginx").resolve("9.9.9")).toBeUndefined();
    expect(await registry.repository("nginx").resolve("1.1.0_build.7")).toBeDefined();
  });

  it("gives charts in the form that Helm reads, byte for byte", async () => {
    const museum = await start(options);
    const chartYaml = [
      "type: application",
      "description: A <web> server",
      "appVersion: 1.10",
      "home: https://nginx.example",
      "deprecated: true",
      "maintainers: [{name: Ann, email: ann@example.com}, {name: Bo}]",
      "annotations: {b: '2', a: '1'}",
      "custom: dropped",
      "dependencies: [{name: common, version: 2.x, repository: 'https://charts.example', import-values: [{child: a, parent: b}]}]",
      "",
    ].join("\n");
    const archive = museum.add({
      name: "nginx",
      version: "1.0.0",
      chartYaml,
      files: { "values.yaml": "a: 1\n", "charts/common/Chart.yaml": "name: no" },
    });
    const registry = open(museum, undefined, { credential: options.user });
    const manifest = await registry.repository("nginx").manifest("1.0.0");
    expect(JSON.parse(Buffer.from(manifest?.bytes ?? []).toString())).toEqual({
      schemaVersion: 2,
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      config: {
        mediaType: "application/vnd.cncf.helm.config.v1+json",
        digest: expect.stringMatching(/^sha256:/),
        size: expect.any(Number),
      },
      layers: [{ mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip", digest: digestOf(archive), size: archive.byteLength }],
      annotations: {
        "org.opencontainers.image.authors": "Ann (ann@example.com), Bo",
        "org.opencontainers.image.description": "A <web> server",
        "org.opencontainers.image.title": "nginx",
        "org.opencontainers.image.url": "https://nginx.example",
        "org.opencontainers.image.version": "1.0.0",
      },
    });
    const read = await bytesOf(registry, "nginx", "1.0.0");
    expect(read.archive.equals(archive)).toBe(true);
    expect(read.config.toString()).toBe(
      JSON.stringify({
        name: "nginx",
        home: "https://nginx.example",
        version: "1.0.0",
        description: "A <web> server",
        maintainers: [{ name: "Ann", email: "ann@example.com" }, { name: "Bo" }],
        apiVersion: "v2",
        appVersion: "1.10",
        deprecated: true,
        annotations: { a: "1", b: "2" },
        dependencies: [
          { name: "common", version: "2.x", repository: "https://charts.example", "import-values": [{ child: "a", parent: "b" }] },
        ],
        type: "application",
      }),
    );
  });
});

describe("what a chart repository costs", () => {
  it("reads each archive once, however many clients look, and another where it changed", async () => {
    const museum = await start();
    for (let minor = 0; minor < 5; minor++) museum.add({ name: "nginx", version: `1.${minor}.0` });
    const memory = new ChartMemory();
    const look = async () => {
      await using registry = openChartMuseum({ url: museum.url, memory });
      const repository = registry.repository("nginx");
      return await Promise.all((await all(repository.tags())).map(async (tag) => (await repository.resolve(tag))?.digest));
    };
    const first = await look();
    expect(archivesRead(museum)).toHaveLength(5);
    expect(await look()).toEqual(first);
    expect(archivesRead(museum)).toHaveLength(5);
    museum.add({ name: "nginx", version: "1.4.0", files: { "values.yaml": "changed: true\n" } });
    const changed = await look();
    expect(archivesRead(museum)).toHaveLength(6);
    expect(changed.filter((digest) => first.includes(digest))).toHaveLength(4);
    const elsewhere = open(museum).repository("nginx");
    expect((await elsewhere.resolve("1.4.0"))?.digest).toBe(changed.find((digest) => !first.includes(digest)));
  });

  it("reads an archive each time where the index tells no digest", async () => {
    const museum = await start();
    museum.add({ name: "nginx", version: "1.0.0", digest: "none" });
    const repository = open(museum).repository("nginx");
    const first = await repository.resolve("1.0.0");
    expect(await repository.resolve("1.0.0")).toEqual(first);
    expect(archivesRead(museum)).toHaveLength(2);
    expect((await bytesOf(open(museum), "nginx", first?.digest ?? "")).archive.byteLength).toBeGreaterThan(0);
  });

  it("finds a manifest that another agent listed, the newest version first", async () => {
    const museum = await start();
    for (let minor = 0; minor < 5; minor++) museum.add({ name: "nginx", version: `1.${minor}.0` });
    const digest = (await open(museum).repository("nginx").resolve("1.3.0"))?.digest ?? "";
    museum.requests.length = 0;
    const manifest = await open(museum).repository("nginx").manifest(digest);
    expect(manifest?.digest).toBe(digest);
    expect(archivesRead(museum)).toEqual(["GET /charts/nginx-1.4.0.tgz 200", "GET /charts/nginx-1.3.0.tgz 200"]);
    museum.remove("nginx", "1.3.0");
    expect(await open(museum).repository("nginx").manifest(digest)).toBeUndefined();
  });

  it("forgets what was not used for the longest time", () => {
    const memory = new ChartMemory(100);
    const chart = (name: string) => {
      const digest = digestOf(Buffer.from(name));
      const bytes = new Uint8Array(20);
      return { manifest: { digest, mediaType: "", bytes, size: 20 }, config: { digest, bytes }, archive: { digest, size: 1 } };
    };
    const [a, b, c] = ["a", "b", "c"].map(chart) as [ReturnType<typeof chart>, ReturnType<typeof chart>, ReturnType<typeof chart>];
    for (const one of [a, b]) memory.keep(one);
    memory.find(a.archive.digest);
    memory.keep(c);
    expect([a, b, c].map((one) => memory.find(one.archive.digest) !== undefined)).toEqual([true, false, true]);
  });
});

describe("a chart repository that is not as it should be", () => {
  it.each([
    ["is no YAML", "entries: [", "it is no YAML"],
    ["is a web page", "<!DOCTYPE html><html><body>Sign in</body></html>", "no index of charts"],
    ["has no entries", "apiVersion: v1\n", "no index of charts"],
    ["has a chart without versions", "entries: {nginx: 7}\n", "no list of versions"],
    ["has an entry without version", "entries: {nginx: [{urls: [a.tgz]}]}\n", "an entry without a version"],
    ["has an entry without URL", "entries: {nginx: [{version: 1.0.0, urls: []}]}\n", "has no URL"],
    [
      "multiplies itself",
      `a: &a [${"1,".repeat(50)}]\n${Array.from({ length: 200 }, (_, n) => `b${n}: *a`).join("\n")}\nentries: {}\n`,
      "it is no YAML",
    ],
  ])("fails to list where its index %s", async (_, body, why) => {
    const museum = await start();
    museum.broken = { body };
    const registry = open(museum);
    await expect(all(registry.catalog())).rejects.toMatchObject({ code: "RESPONSE_MALFORMED", why: expect.stringContaining(why) });
    await expect(registry.ping()).rejects.toMatchObject({ code: "RESPONSE_MALFORMED" });
  });

  it("says so where it is not there, does not let us in, or fails", async () => {
    const museum = await start({ user: { username: "u", password: "right" } });
    const credential = { username: "u", password: "wrong" };
    await expect(open(museum, undefined, { credential }).ping()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    await expect(open(museum).ping()).rejects.toMatchObject({ code: "UNAUTHORIZED" });
    const anyone = await start();
    await expect(open({ url: `${anyone.url}/elsewhere` }).ping()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    anyone.broken = { status: 502, body: "bad gateway" };
    await expect(open(anyone).ping()).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
  });

  it("gives no password to another place that its index names", async () => {
    const user = { username: "u", password: "s3cret" };
    const museum = await start({ user });
    const other = await start({ user });
    other.add({ name: "nginx", version: "1.0.0" });
    museum.add({ name: "nginx", version: "1.0.0", url: `${other.url}/charts/nginx-1.0.0.tgz` });
    museum.add({ name: "nginx", version: "1.1.0", url: "http://169.254.169.254/latest.tgz" });
    const repository = open(museum, undefined, { credential: user }).repository("nginx");
    await expect(repository.resolve("1.0.0")).rejects.toMatchObject({ code: expect.any(String) });
    expect(other.requests).toEqual(["GET /charts/nginx-1.0.0.tgz 401"]);
    await expect(repository.resolve("1.1.0")).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
  });

  it("names both digests where an archive is not what the index says", async () => {
    const museum = await start();
    const archive = museum.add({ name: "nginx", version: "1.0.0", digest: "wrong" });
    museum.add({ name: "nginx", version: "1.1.0", digest: "wrong", archive: Buffer.from("<html>not found</html>") });
    const repository = open(museum).repository("nginx");
    const wrong = { code: "DIGEST_MISMATCH", side: "source" };
    await expect(repository.resolve("1.0.0")).rejects.toMatchObject({ ...wrong, digests: [expect.any(String), digestOf(archive)] });
    await expect(repository.resolve("1.1.0")).rejects.toMatchObject(wrong);
  });

  it.each([
    ["is no gzip file", Buffer.from("not packed at all"), "RESPONSE_MALFORMED"],
    ["is cut short", chartArchive("nginx", { "templates/a.yaml": Buffer.alloc(90_000, "ab1") }).subarray(0, 100), "RESPONSE_MALFORMED"],
    ["has no Chart.yaml", chartArchive("nginx", { "values.yaml": "a: 1" }), "RESPONSE_MALFORMED"],
    ["has a Chart.yaml without a name", chartArchive("nginx", { "Chart.yaml": "version: 1.0.0" }), "RESPONSE_MALFORMED"],
    ["has a Chart.yaml without an end", chartArchive("nginx", { "Chart.yaml": Buffer.alloc(2_000_000, "#") }), "RESPONSE_TOO_LARGE"],
    ["unpacks without an end", chartArchive("nginx", { "a.bin": Buffer.alloc(300_000_000) }), "RESPONSE_TOO_LARGE"],
  ])("fails where an archive %s", async (_, archive, code) => {
    const museum = await start();
    museum.add({ name: "nginx", version: "1.0.0", archive });
    await expect(open(museum).repository("nginx").resolve("1.0.0")).rejects.toMatchObject({ code });
  });

  it("fails where an archive is gone, rather than listing less", async () => {
    const museum = await start();
    museum.add({ name: "nginx", version: "1.0.0", url: "charts/gone.tgz" });
    await expect(open(museum).repository("nginx").resolve("1.0.0")).rejects.toMatchObject({ code: "BLOB_UNKNOWN" });
  });

  it("fails where a version is no tag, and takes no writes", async () => {
    const museum = await start();
    museum.add({ name: "nginx", version: "1.0/0" });
    const repository = open(museum).repository("nginx");
    await expect(all(repository.tags())).rejects.toMatchObject({ code: "TAG_INVALID" });
    await expect(repository.startUpload()).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("stops waiting when it is told to", async () => {
    const museum = await start();
    const stop = new AbortController();
    const listing = all(open(museum).catalog({ signal: stop.signal }));
    stop.abort(new Error("enough"));
    await expect(listing).rejects.toThrow("enough");
  });
});
