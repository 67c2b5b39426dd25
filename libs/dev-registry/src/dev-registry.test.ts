import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { type DevRegistryOptions, startDevRegistry } from "./dev-registry.ts";
import { digestOf } from "./digest.ts";
import { parseListen, runDevRegistry } from "./run-dev-registry.ts";
import { seedBlob } from "./seed/seed-content.ts";
import { seedImage } from "./seed/seed-image.ts";

async function start(options: DevRegistryOptions = {}) {
  const registry = await startDevRegistry(options);
  const call = async (method: string, path: string, init: RequestInit = {}) =>
    await fetch(new URL(path, `${registry.url}/v2/a/`), { method, redirect: "manual", ...init });
  return { registry, call };
}

const ALL = { size: 1000, seed: 1 } as const;

describe("settings", () => {
  it("ranges: closed-only and none", async () => {
    for (const [ranges, statuses] of [
      ["closed-only", [206, 416]],
      ["none", [200, 200]],
    ] as const) {
      const { registry, call } = await start({ settings: { ranges } });
      await using _ = registry;
      const { digest } = await seedBlob(registry, "a", ALL);
      const status = async (range: string) => (await call("GET", `blobs/${digest}`, { headers: { range } })).status;
      expect([await status("bytes=1-5"), await status("bytes=5-")]).toEqual(statuses);
    }
  });

  it("redirectBlobs: 307 to a port that serves ranges", async () => {
    const { registry, call } = await start({ settings: { redirectBlobs: true } });
    await using _ = registry;
    const { digest } = await seedBlob(registry, "a", ALL);
    const redirect = await call("GET", `blobs/${digest}`);
    expect(redirect.status).toBe(307);
    const part = await fetch(redirect.headers.get("location") ?? "", { headers: { range: "bytes=0-99" } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 100]);
    expect([registry.stats.requests("blob-get"), registry.stats.requests("blob-redirected"), registry.stats.bytesServed(digest)]).toEqual([
      1, 1, 100,
    ]);
  });

  it("chunkMinLength: announced, and a short chunk must be the last", async () => {
    const { registry, call } = await start({ settings: { chunkMinLength: 100 } });
    await using _ = registry;
    const open = await call("POST", "blobs/uploads/");
    expect(open.headers.get("oci-chunk-min-length")).toBe("100");
    const first = await call("PATCH", open.headers.get("location") ?? "", { body: Buffer.alloc(10) });
    expect((await call("PATCH", first.headers.get("location") ?? "", { body: Buffer.alloc(100) })).status).toBe(416);
    const put = `${first.headers.get("location")}&digest=${digestOf(Buffer.alloc(10))}`;
    expect((await call("PUT", put)).status).toBe(201);
  });

  it("patches: later chunks thrown away, large ones or all refused", async () => {
    const bytes = Buffer.alloc(5_000_000, "p");
    for (const [patches, statuses, end] of [
      ["append", [202, 202], "0-4999999"],
      ["first-only", [201, 201], "0-4999999"],
      ["small-only", [202, 416], "0-99"],
      ["refused", [405, 405], "0-0"],
    ] as const) {
      const { registry, call } = await start({ settings: { patches, ...(patches === "first-only" && { chunkStatus: 201 }) } });
      await using _ = registry;
      const open = await call("POST", "blobs/uploads/");
      const session = open.headers.get("location") ?? "";
      const chunk = async (from: number, to: number) =>
        await call("PATCH", session, { body: bytes.subarray(from, to), headers: { "content-range": `${from}-${to - 1}` } });
      expect([(await chunk(0, 100)).status, (await chunk(100, bytes.byteLength)).status]).toEqual(statuses);
      expect((await call("GET", session)).headers.get("range")).toBe(end);
      // What was acknowledged and what is stored differ only where later chunks are thrown away.
      const put = await call("PUT", `${session}&digest=${digestOf(patches === "append" ? bytes : bytes.subarray(0, 100))}`);
      expect(put.status).toBe(patches === "refused" ? 400 : 201);
    }
  });

  it("bodyLimit, wholePut and a status query that is not there", async () => {
    const { registry, call } = await start({ settings: { bodyLimit: 100, wholePut: false, uploadStatus: "none" } });
    await using _ = registry;
    const small = Buffer.alloc(100, "s");
    const large = Buffer.alloc(101, "l");
    const open = await call("POST", "blobs/uploads/");
    const session = open.headers.get("location") ?? "";
    expect((await call("POST", `blobs/uploads/?digest=${digestOf(large)}`, { body: large })).status).toBe(413);
    expect((await call("PATCH", session, { body: large })).status).toBe(413);
    expect((await call("PUT", `${session}&digest=${digestOf(large)}`, { body: large })).status).toBe(413);
    expect((await call("PUT", `${session}&digest=${digestOf(small)}`, { body: small })).status).toBe(405);
    expect((await call("GET", session)).status).toBe(405);
    expect((await call("PATCH", session, { body: small })).status).toBe(202);
    expect((await call("PUT", `${session}&digest=${digestOf(small)}`)).status).toBe(201);
  });

  it("switches off what a registry may lack", async () => {
    const off = { referrers: false, delete: "off", catalog: false, mount: false, digestHeader: false } as const;
    const { registry, call } = await start({ settings: off });
    await using _ = registry;
    const image = await seedImage(registry, { repository: "a", tag: "v1", layers: [ALL] });
    const blob = image.blobs[0]?.digest;
    expect((await call("GET", `referrers/${image.digest}`)).status).toBe(404);
    expect((await call("DELETE", `manifests/${image.digest}`)).status).toBe(405);
    expect((await call("DELETE", `blobs/${blob}`)).status).toBe(405);
    expect((await call("GET", "/v2/_catalog")).status).toBe(404);
    expect((await call("POST", `/v2/b/blobs/uploads/?mount=${blob}&from=a`)).status).toBe(202);
    expect((await call("HEAD", "manifests/v1")).headers.has("docker-content-digest")).toBe(false);
  });

  it("immutableTags and missingReferences", async () => {
    const { registry, call } = await start({ settings: { immutableTags: true, missingReferences: "accept" } });
    await using _ = registry;
    const put = async (note: string) =>
      await call("PUT", "manifests/v1", {
        body: JSON.stringify({ schemaVersion: 2, layers: [{ digest: digestOf(Buffer.from("x")) }], note }),
      });
    expect([(await put("1")).status, (await put("1")).status, (await put("2")).status]).toEqual([201, 201, 412]);
  });

  it("pageSize: every list in pages whose links lead to the end", async () => {
    const { registry, call } = await start({ settings: { pageSize: 2, locations: "absolute" } });
    await using _ = registry;
    for (const tag of ["a", "b", "c", "d", "e"]) await seedImage(registry, { repository: "a", tag, layers: [ALL] });
    const seen: string[] = [];
    let path: string | undefined = "tags/list";
    while (path !== undefined) {
      const page = await call("GET", path);
      seen.push(((await page.json()) as { tags: string[] }).tags.join(""));
      path = /<(.*)>/.exec(page.headers.get("link") ?? "")?.[1];
    }
    expect(seen).toEqual(["ab", "cd", "e"]);
  });
});

describe("a registry", () => {
  it("counts requests and connections, and starts over when asked", async () => {
    const { registry, call } = await start();
    await using _ = registry;
    const { digest } = await seedBlob(registry, "a", ALL);
    await Promise.all(
      [1, 2, 3].map(async () => await (await call("GET", `blobs/${digest}`, { headers: { range: "bytes=0-9" } })).arrayBuffer()),
    );
    expect(registry.stats.requests("blob-get")).toBe(3);
    expect(registry.stats.requests()).toBe(3);
    expect(registry.stats.bytesServed()).toBe(30);
    expect(registry.stats.log[0]).toMatchObject({
      method: "GET",
      target: `/v2/a/blobs/${digest}`,
      status: 206,
      range: "bytes=0-9",
      bytesSent: 10,
    });
    expect(registry.stats.peakConnections).toBeGreaterThan(0);
    expect(registry.stats.peakInFlight("blob-get")).toBeGreaterThan(0);
    registry.stats.reset();
    expect([registry.stats.requests(), registry.stats.bytesServed(digest), registry.stats.log.length]).toEqual([0, 0, 0]);
  });

  it("lets a newer writer of a session cut the older one off", async () => {
    const { registry, call } = await start();
    await using _ = registry;
    const open = await call("POST", "blobs/uploads/");
    const location = open.headers.get("location") ?? "";
    const stalled = registry.faults.add({ action: { kind: "stall-after", bytes: 10 }, match: { op: "blob-patch" } });
    const older = call("PATCH", location, { body: Buffer.alloc(20, "x") }).catch(() => "cut off");
    await expect.poll(() => stalled.fired).toBe(1);
    const newer = await call("PATCH", location, { body: Buffer.alloc(5, "y") });
    expect(await older).toBe("cut off");
    expect(newer.headers.get("range")).toBe("0-14");
  });

  it("goes on where it was when started again on its directory", async () => {
    const dir = await mkdtemp(join(tmpdir(), "dev-registry-"));
    try {
      let location = "";
      {
        const { registry, call } = await start({ directory: dir });
        await using _ = registry;
        await seedImage(registry, { repository: "a", tag: "v1", layers: [ALL] });
        const open = await call("POST", "blobs/uploads/");
        location = (await call("PATCH", open.headers.get("location") ?? "", { body: "half" })).headers.get("location") ?? "";
      }
      const { registry, call } = await start({ directory: dir });
      await using _ = registry;
      expect((await call("GET", "manifests/v1")).status).toBe(200);
      expect((await call("GET", location)).headers.get("range")).toBe("0-3");
      expect((await call("PUT", `${location}&digest=${digestOf(Buffer.from("half and half"))}`, { body: " and half" })).status).toBe(201);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });

  it("can be disposed of while clients do not read, do not send and wait", async () => {
    const { registry, call } = await start();
    const { digest } = await seedBlob(registry, "a", { size: 64 * 1024 * 1024, seed: 2, synthetic: true });
    const unread = await call("GET", `blobs/${digest}`);
    const location = (await call("POST", "blobs/uploads/")).headers.get("location") ?? "";
    registry.faults.add({ action: { kind: "stall-after", bytes: 1 }, match: { op: "blob-patch" } });
    registry.faults.add({ action: { kind: "delay", milliseconds: 60_000 }, match: { op: "tags-list" } });
    const stalled = call("PATCH", location, { body: "xx" }).catch(() => "cut off");
    const delayed = call("GET", "tags/list").catch(() => "cut off");
    await expect.poll(() => registry.stats.requests("blob-patch", "tags-list")).toBe(2);
    await registry[Symbol.asyncDispose]();
    expect([await stalled, await delayed]).toEqual(["cut off", "cut off"]);
    await expect(unread.arrayBuffer()).rejects.toThrow();
    expect(registry.stats.bytesServed(digest)).toBeLessThan(64 * 1024 * 1024);
  });

  it("answers a disk that fails with 500 and lives on", async () => {
    const { registry, call } = await start();
    await using _ = registry;
    const location = (await call("POST", "blobs/uploads/")).headers.get("location") ?? "";
    const upload = registry.storage.uploads()[0];
    if (upload === undefined) throw new Error("no upload");
    upload.append = () => Promise.reject(new Error("ENOSPC: no space left on device"));
    const answer = await call("PATCH", location, { body: Buffer.alloc(5 << 20) }).catch(() => "cut off");
    expect(answer === "cut off" || (answer as Response).status === 500).toBe(true);
    expect((await call("GET", location)).headers.get("range")).toBe("0-0");
  });

  it("says which address is taken", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    await expect(startDevRegistry({ listen: { port } })).rejects.toMatchObject({
      code: "PORT_IN_USE",
      what: `listening on 127.0.0.1:${port}`,
    });
    server.close();
  });

  it("answers nonsense with the spec's errors", async () => {
    const { registry, call } = await start();
    await using _ = registry;
    expect((await call("GET", "/")).status).toBe(404);
    expect((await call("POST", "manifests/v1")).status).toBe(404);
    const session = (await call("POST", "blobs/uploads/")).headers.get("location")?.replace(/\?.*/, "") ?? "";
    expect(await (await call("PATCH", session, { body: "x" })).json()).toMatchObject({ errors: [{ code: "BLOB_UPLOAD_INVALID" }] });
  });
});

describe("runDevRegistry", () => {
  it("starts what the flags say", async () => {
    await using registry = await runDevRegistry({ listen: "127.0.0.1:0", fault: ["status=503,op=ping"] });
    expect([(await fetch(`${registry.url}/v2/`)).status, (await fetch(`${registry.url}/v2/`)).status]).toEqual([503, 200]);
  });

  it("reads addresses and refuses others", () => {
    expect(parseListen("[::1]:5000")).toEqual({ host: "::1", port: 5000 });
    expect(parseListen(":0")).toEqual({ host: "127.0.0.1", port: 0 });
    for (const bad of ["5000", "h:70000", "h:", "a:b:1"]) expect(() => parseListen(bad), bad).toThrow(/not HOST:PORT/);
  });
});
