import { type DevRegistry, type DevRegistryOptions, seedImage, seedReferrer, startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { digestOf, parseDigest } from "./digest.ts";
import type { RequestEvent } from "./exchange.ts";
import { parseManifest } from "./manifest.ts";
import { openRegistry, type RegistryOptions } from "./open-registry.ts";
import { addReferrer, referrersTag } from "./referrers.ts";
import type { Repository } from "./repository.ts";
import { collect, stream } from "./test-server.ts";

const BYTES = Buffer.alloc(300_000, "transship");
const DIGEST = digestOf(BYTES);
const users = [{ username: "ci", password: "right" }];

async function opened(server: DevRegistryOptions = {}, client: Partial<RegistryOptions> = {}) {
  const registry = await startDevRegistry(server);
  const opened = openRegistry({ url: registry.url, ...client });
  return {
    server: registry,
    registry: opened,
    repository: opened.repository("team/app"),
    async [Symbol.asyncDispose]() {
      await opened[Symbol.asyncDispose]();
      await registry[Symbol.asyncDispose]();
    },
  };
}

async function push(repository: Repository, bytes: Buffer): Promise<void> {
  const upload = await repository.startUpload();
  await upload.commit(digestOf(bytes), { bytes: stream(bytes), length: bytes.byteLength });
}

const seed = (server: DevRegistry) =>
  seedImage(server, { repository: "team/app", tag: "v1", layers: [{ size: 50_000, seed: 1 }], platforms: ["linux/amd64", "linux/arm64"] });

async function listed<T>(pages: AsyncIterable<readonly T[]>): Promise<T[]> {
  const all: T[] = [];
  for await (const page of pages) all.push(...page);
  return all;
}

describe("a registry without login", () => {
  let server: DevRegistry;
  beforeAll(async () => {
    server = await startDevRegistry();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  it("answers ping, and lists repositories and tags over pages", async () => {
    await using context = await opened({ settings: { pageSize: 2 } });
    for (const tag of ["v1", "v2", "v3", "v4", "v5"]) await seedImage(context.server, { repository: "team/app", tag, layers: [] });
    await context.registry.ping();
    expect(await listed(context.registry.catalog())).toEqual(["team/app"]);
    expect(await listed(context.repository.tags())).toEqual(["v1", "v2", "v3", "v4", "v5"]);
    expect(context.server.stats.requests("tags-list")).toBe(3);
    await expect(listed(context.registry.repository("no/such").tags())).rejects.toThrowError(
      expect.objectContaining({ code: "NAME_UNKNOWN" }),
    );
  });

  it("resolves by HEAD alone, and by GET where the digest header is missing", async () => {
    for (const digestHeader of [true, false]) {
      await using context = await opened({ settings: { digestHeader } });
      const image = await seed(context.server);
      expect(await context.repository.resolve("v1")).toMatchObject({ digest: image.digest, size: image.descriptor.size });
      expect(context.server.stats.requests("manifest-get")).toBe(digestHeader ? 0 : 1);
      expect(await context.repository.resolve("nope")).toBeUndefined();
      expect(await context.repository.manifest("nope")).toBeUndefined();
    }
  });

  it("keeps manifests to the byte, on the way in and out", async () => {
    await using source = await opened();
    await using target = await opened({ settings: { missingReferences: "accept" } });
    const image = await seed(source.server);
    const manifest = await source.repository.manifest("v1");
    expect(manifest?.digest).toBe(image.digest);
    if (manifest === undefined) return;
    expect(parseManifest(manifest).manifests).toHaveLength(2);
    await target.repository.putManifest("v2", manifest);
    expect((await target.repository.manifest("v2"))?.bytes).toEqual(manifest.bytes);
    await target.repository.deleteManifest("v2");
    await target.repository.deleteManifest("v2");
    expect(await target.repository.resolve("v2")).toBeUndefined();
  });

  it("uploads in one go, in chunks, and from where an earlier process was", async () => {
    await using context = await opened();
    const { repository } = context;
    expect(await repository.hasBlob(DIGEST)).toBe(false);
    const upload = await repository.startUpload();
    expect(await upload.append(stream(BYTES.subarray(0, 100_000)), 100_000)).toBe(100_000);
    const resumed = await repository.resumeUpload(upload.session);
    expect(resumed?.offset).toBe(100_000);
    await resumed?.append(stream(BYTES.subarray(100_000)), 200_000);
    await resumed?.commit(DIGEST);
    expect(await repository.hasBlob(DIGEST)).toBe(true);
    const small = Buffer.from("small");
    await push(repository, small);
    expect(await repository.hasBlob(digestOf(small))).toBe(true);
    await push(repository, Buffer.alloc(0));
  });

  it("starts a session afresh that has nothing or cannot tell, and knows one that is gone", async () => {
    await using context = await opened();
    const upload = await context.repository.startUpload();
    expect((await context.repository.resumeUpload(upload.session))?.offset ?? 0).toBe(0);
    await upload.cancel();
    expect(await context.repository.resumeUpload(upload.session)).toBeUndefined();
  });

  it("refuses a body that is not as long as announced, whichever way", async () => {
    await using context = await opened();
    for (const length of [BYTES.byteLength - 1, BYTES.byteLength + 1]) {
      const upload = await context.repository.startUpload();
      await expect(upload.append(stream(BYTES), length)).rejects.toThrowError(expect.objectContaining({ code: "SIZE_MISMATCH" }));
    }
  });

  it("passes on what the source of an upload's bytes throws", async () => {
    await using context = await opened();
    const upload = await context.repository.startUpload();
    const broken = async function* () {
      yield BYTES.subarray(0, 10);
      throw new RangeError("source gone");
    };
    const failure = await upload.append(broken(), 100).catch((thrown: unknown) => thrown);
    expect(String((failure as Error).message) + String((failure as Error).cause)).toContain("source gone");
  });

  it("says which digest the registry found", async () => {
    await using context = await opened();
    const upload = await context.repository.startUpload();
    const other = digestOf(Buffer.from("other"));
    await expect(upload.commit(other, { bytes: stream(BYTES), length: BYTES.byteLength })).rejects.toThrowError(
      expect.objectContaining({ code: "DIGEST_INVALID" }),
    );
  });

  it("mounts, falls back to the session that was opened instead, or says that it cannot", async () => {
    for (const mount of [true, false]) {
      await using context = await opened({ settings: { mount } });
      await push(context.repository, BYTES);
      const mounted = await context.registry.repository("other/app").mountBlob(DIGEST, "team/app");
      if (mount) expect(mounted).toBe(true);
      else expect(mounted).toMatchObject({ offset: 0 });
    }
  });

  it("names the blobs that a manifest lacks", async () => {
    await using source = await opened();
    await using target = await opened();
    const image = await seedImage(source.server, { repository: "team/app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const manifest = await source.repository.manifest("v1");
    const missing = image.blobs.map(({ digest }) => digest);
    const put = manifest === undefined ? undefined : target.repository.putManifest("v1", manifest);
    await expect(put).rejects.toThrowError(
      expect.objectContaining({ code: "MANIFEST_BLOB_UNKNOWN", digests: expect.arrayContaining(missing) }),
    );
  });

  it("lists referrers by the API, and by the fallback tag where there is none", async () => {
    await using context = await opened();
    const image = await seed(context.server);
    const digest = parseDigest(image.digest);
    const referrer = await seedReferrer(context.server, {
      repository: "team/app",
      subject: image.descriptor,
      artifactType: "application/sbom",
    });
    expect(await context.repository.referrers(digest)).toMatchObject({
      native: true,
      descriptors: [{ digest: referrer.digest, artifactType: "application/sbom" }],
    });

    await using old = await opened({ settings: { referrers: false, missingReferences: "accept" } });
    expect(await old.repository.referrers(digest)).toEqual({ native: false, descriptors: [] });
    const listedReferrer = (await context.repository.referrers(digest)).descriptors[0];
    const index = listedReferrer === undefined ? undefined : addReferrer(undefined, listedReferrer);
    if (index === undefined || listedReferrer === undefined) throw new Error("no referrer");
    await old.repository.putManifest(referrersTag(digest), index);
    expect(await old.repository.referrers(digest)).toMatchObject({ native: false, descriptors: [{ digest: referrer.digest }] });
    expect(addReferrer(index, listedReferrer)).toBeUndefined();
  });

  it("deletes a tag only where the registry can", async () => {
    await using context = await opened({ settings: { delete: "digest-only" } });
    await seed(context.server);
    await expect(context.repository.deleteManifest("v1")).rejects.toThrowError(expect.objectContaining({ code: "UNSUPPORTED" }));
  });

  it("says TAG_IMMUTABLE in Harbor's case", async () => {
    await using context = await opened({ settings: { immutableTags: true, missingReferences: "accept" } });
    await seed(context.server);
    const bytes = Buffer.from('{"schemaVersion":2,"manifests":[]}');
    const other = { bytes, digest: digestOf(bytes), mediaType: "application/vnd.oci.image.index.v1+json", size: bytes.byteLength };
    await expect(context.repository.putManifest("v1", other)).rejects.toThrowError(expect.objectContaining({ code: "TAG_IMMUTABLE" }));
  });

  it("tells the observer of every request, with bytes both ways", async () => {
    const events: RequestEvent[] = [];
    await using context = await opened({}, { onRequest: (event) => events.push(event) });
    await push(context.repository, BYTES);
    const read = await context.repository.readBlob({ digest: DIGEST, size: BYTES.byteLength }, { start: 10, end: 20 });
    expect(await collect(read.bytes)).toEqual(BYTES.subarray(10, 20));
    expect(events.map(({ operation, status, sentBytes, receivedBytes }) => [operation, status, sentBytes, receivedBytes])).toEqual([
      ["upload.start", 202, 0, 0],
      ["upload.commit", 201, BYTES.byteLength, 0],
      ["blob.read", 206, 0, 10],
    ]);
  });

  it("ends a call with the reason of its signal", async () => {
    await using registry = openRegistry({ url: server.url });
    const reason = new Error("enough");
    await expect(registry.ping({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it("connects to the fixed address whatever the name resolves to", async () => {
    await using registry = openRegistry({ url: `http://registry.invalid:${server.port}`, address: "127.0.0.1" });
    await registry.ping();
    await using unknown = openRegistry({ url: `http://registry.invalid:${server.port}` });
    await expect(unknown.ping()).rejects.toThrowError(expect.objectContaining({ code: "CONNECTION_FAILED" }));
  });

  it("says what is wrong below HTTP", async () => {
    await using closed = openRegistry({ url: "http://127.0.0.1:1" });
    await expect(closed.ping()).rejects.toThrowError(expect.objectContaining({ code: "CONNECTION_FAILED" }));
    await using tls = openRegistry({ url: server.url.replace("http:", "https:") });
    await expect(tls.ping()).rejects.toThrowError(expect.objectContaining({ code: "TLS_FAILED" }));
  });

  it.each([
    ["ftp://reg.example", "form https://"],
    ["https://u:hunter2@reg.example", "does not belong"],
    ["https://reg.example/v2", "must not have a path"],
    ["reg.example", "form https://"],
  ])("refuses the URL %s", (url, why) => {
    expect(() => openRegistry({ url })).toThrowError(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(why) }),
    );
    expect(() => openRegistry({ url })).not.toThrowError("hunter2");
  });
});

describe("a registry with login", () => {
  it("takes passwords by Basic", async () => {
    await using context = await opened({ auth: { scheme: "basic", users } }, { credential: { username: "ci", password: "right" } });
    await context.registry.ping();
    await push(context.repository, BYTES);
    await using wrong = openRegistry({ url: context.server.url, credential: { username: "ci", password: "wrong-canary" } });
    const failure = await wrong.ping().catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "UNAUTHORIZED", message: expect.stringContaining('refused user "ci"') });
    expect(JSON.stringify(failure)).not.toContain("wrong-canary");
    await using anonymous = openRegistry({ url: context.server.url });
    await expect(anonymous.repository("a").resolve("v1")).rejects.toThrowError(expect.objectContaining({ code: "UNAUTHORIZED" }));
  });

  it.each(["token", "access_token", "both"] as const)("takes bearer tokens that come as %s", async (tokenField) => {
    await using context = await opened(
      { auth: { scheme: "bearer", users, tokenField } },
      { credential: { username: "ci", password: "right" } },
    );
    await context.registry.ping();
    await push(context.repository, BYTES);
    expect(await context.repository.hasBlob(DIGEST)).toBe(true);
    expect(await listed(context.registry.catalog())).toEqual(["team/app"]);
  });

  it("fetches one token for sixty requests at once, and none with an unspoilt one", async () => {
    await using context = await opened({ auth: { scheme: "bearer", users } }, { credential: { username: "ci", password: "right" } });
    await push(context.repository, BYTES);
    const before = context.server.stats.requests("token");
    await Promise.all(Array.from({ length: 60 }, () => context.repository.hasBlob(DIGEST)));
    expect(context.server.stats.requests("token") - before).toBe(1);
  });

  it("renews a token that the registry no longer takes, and goes on with the same upload", async () => {
    await using context = await opened({ auth: { scheme: "bearer", users } }, { credential: { username: "ci", password: "right" } });
    const expired = context.server.faults.add({ action: { kind: "expired-token" }, match: { op: "blob-head" } });
    expect(await context.repository.hasBlob(DIGEST)).toBe(false);
    expect(expired.fired).toBe(1);
    const upload = await context.repository.startUpload();
    const midway = context.server.faults.add({ action: { kind: "expired-token" }, match: { op: "blob-patch" } });
    await expect(upload.append(stream(BYTES), BYTES.byteLength)).rejects.toThrowError(expect.objectContaining({ retry: "retry" }));
    expect(midway.fired).toBe(1);
    expect(await upload.append(stream(BYTES), BYTES.byteLength)).toBe(BYTES.byteLength);
    await upload.commit(DIGEST);
  });

  it("tells a wrong password from a missing right", async () => {
    const auth = { scheme: "bearer", users: [{ username: "ci", password: "right", readOnly: true }] } as const;
    await using context = await opened({ auth }, { credential: { username: "ci", password: "right" } });
    await expect(context.repository.startUpload()).rejects.toThrowError(expect.objectContaining({ code: "DENIED" }));
    await using wrong = openRegistry({ url: context.server.url, credential: { username: "ci", password: "wrong" } });
    await expect(wrong.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "UNAUTHORIZED", message: expect.stringContaining('user "ci"') }),
    );
  });

  it("reads anonymously where that is allowed", async () => {
    await using context = await opened({ auth: { scheme: "bearer", users, anonymousPull: true } });
    await seed(context.server);
    await context.registry.ping();
    expect(await context.repository.resolve("v1")).toBeDefined();
    await expect(context.repository.startUpload()).rejects.toThrowError(expect.objectContaining({ code: "UNAUTHORIZED" }));
  });

  it("asks the source of credentials again when the last one has expired", async () => {
    let password = "old";
    let asked = 0;
    const credential = async () => {
      asked += 1;
      return { username: "ci", password };
    };
    await using context = await opened({ auth: { scheme: "basic", users } }, { credential });
    await expect(context.repository.hasBlob(DIGEST)).rejects.toThrowError(expect.objectContaining({ code: "UNAUTHORIZED" }));
    password = "right";
    expect(await context.repository.hasBlob(DIGEST)).toBe(false);
    expect(asked).toBeGreaterThanOrEqual(2);
  });
});
