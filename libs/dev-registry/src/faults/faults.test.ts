import { request as httpRequest, type IncomingHttpHeaders } from "node:http";
import { describe, expect, it } from "vitest";
import { type DevRegistry, startDevRegistry } from "../dev-registry.ts";
import { digestOf } from "../digest.ts";
import { seedBlob } from "../seed/seed-content.ts";
import { seedImage } from "../seed/seed-image.ts";
import { randomBytesOf } from "../storage/synthetic-blob.ts";
import type { FaultRule } from "./fault.ts";

interface Seen {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** How the connection failed, if it did. */
  readonly error: string | undefined;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array;
  readonly timeout?: number;
}

/** One request, with whatever arrived before it failed. */
function send(url: string, { method = "GET", headers = {}, body, timeout = 5000 }: Sent = {}): Promise<Seen> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let status = 0;
    let received: IncomingHttpHeaders = {};
    const done = (error?: NodeJS.ErrnoException): void =>
      resolve({
        status,
        headers: received,
        body: Buffer.concat(chunks),
        error: error === undefined ? undefined : (error.code ?? error.message),
      });
    const request = httpRequest(url, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { "content-length": String(body.length) }) },
    });
    request.setTimeout(timeout, () => request.destroy(Object.assign(new Error("idle"), { code: "IDLE" })));
    request.on("error", done);
    request.on("response", (response) => {
      status = response.statusCode ?? 0;
      received = response.headers;
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", done);
      response.on("end", () => done());
    });
    request.end(body);
  });
}

const SIZE = 100_000;
const BYTES = randomBytesOf("blob", SIZE);
const DIGEST = digestOf(BYTES);

async function withFault(rule: FaultRule, options: Parameters<typeof startDevRegistry>[0] = {}) {
  const registry = await startDevRegistry(options);
  await seedBlob(registry, "a/b", { size: SIZE, seed: "blob" });
  return { registry, fault: registry.faults.add(rule), blob: `${registry.url}/v2/a/b/blobs/${DIGEST}` };
}

async function startUpload(registry: DevRegistry): Promise<string> {
  const { headers } = await send(`${registry.url}/v2/a/b/blobs/uploads/`, { method: "POST" });
  return new URL(headers.location ?? "", registry.url).href;
}

describe("faults of a blob's body", () => {
  it("cut-after: so many bytes, then a reset; the next request is whole", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "cut-after", bytes: 40_000 } });
    await using _ = registry;
    const cut = await send(blob);
    expect(cut).toMatchObject({ status: 200, error: "ECONNRESET" });
    expect(cut.body.equals(BYTES.subarray(0, 40_000))).toBe(true);
    expect(registry.stats.bytesServed(DIGEST)).toBe(40_000);
    expect((await send(blob)).body.equals(BYTES)).toBe(true);
    expect(fault.fired).toBe(1);
  });

  it("cut-after does not fire, nor wear out, on a body that ends before", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "cut-after", bytes: 40_000 } });
    await using _ = registry;
    expect((await send(blob, { headers: { range: "bytes=0-39999" } })).body.length).toBe(40_000);
    expect([fault.matched, fault.fired]).toEqual([1, 0]);
    expect((await send(blob)).error).toBe("ECONNRESET");
    expect(fault.fired).toBe(1);
  });

  it("truncate-after: a clean end though more was announced", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "truncate-after", bytes: 1000 } });
    await using _ = registry;
    const seen = await send(blob);
    expect(seen.headers["content-length"]).toBe(String(SIZE));
    expect(seen.body.length).toBe(1000);
    expect(seen.error).toBe("ECONNRESET"); // node's word for an end before Content-Length
    expect(fault.fired).toBe(1);
  });

  it("stall-after: silence on an open connection", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "stall-after", bytes: 1000 } });
    await using _ = registry;
    const seen = await send(blob, { timeout: 500 });
    expect(seen.error).toMatch(/IDLE|ECONNRESET/);
    expect(seen.body.length).toBe(1000);
    expect(fault.fired).toBe(1);
  });

  it("slow: paced", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "slow", bytesPerSecond: 400_000 } });
    await using _ = registry;
    const before = performance.now();
    expect((await send(blob)).body.equals(BYTES)).toBe(true);
    expect(performance.now() - before).toBeGreaterThan(200);
    expect(fault.fired).toBe(1);
  });

  it("delay: waits before the head", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "delay", milliseconds: 120 } });
    await using _ = registry;
    const before = performance.now();
    expect((await send(blob)).status).toBe(200);
    expect(performance.now() - before).toBeGreaterThan(110);
    expect(fault.fired).toBe(1);
  });

  it("flip-bit: one bit at an offset of the blob, in a range that holds it", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "flip-bit", offset: 50_000 }, times: 2 });
    await using _ = registry;
    const whole = await send(blob);
    expect(whole.body.length).toBe(SIZE);
    expect(digestOf(whole.body)).not.toBe(DIGEST);
    expect((await send(blob, { headers: { range: "bytes=0-49999" } })).body.equals(BYTES.subarray(0, 50_000))).toBe(true);
    expect(fault.fired).toBe(1);
    const part = await send(blob, { headers: { range: "bytes=50000-50009" } });
    expect(part.body[0]).toBe((BYTES[50_000] ?? 0) ^ 1);
    expect(fault.fired).toBe(2);
    expect((await send(blob)).body.equals(BYTES)).toBe(true); // the stored blob is unharmed
  });

  it("overlong, announced: Content-Length counts the excess", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "overlong", bytes: 10, announced: true } });
    await using _ = registry;
    const seen = await send(blob);
    expect(seen.headers["content-length"]).toBe(String(SIZE + 10));
    expect(seen.body.length).toBe(SIZE + 10);
    expect(fault.fired).toBe(1);
  });

  it("overlong, unannounced: bytes that belong to nothing follow the body", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "overlong", bytes: 10, announced: false } });
    await using _ = registry;
    const seen = await rawExchange(registry, `GET ${new URL(blob).pathname} HTTP/1.1\r\nHost: x\r\n\r\n`);
    const body = seen.subarray(seen.indexOf("\r\n\r\n") + 4);
    expect(seen.toString("latin1")).toMatch(new RegExp(`content-length: ${SIZE}\r\n`, "i"));
    expect(body.length).toBe(SIZE + 10);
    expect(fault.fired).toBe(1);
  });
});

describe("faults of ranges, headers and redirects", () => {
  it("lying-content-range and ignore-range", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "lying-content-range", shift: 3 } });
    await using _ = registry;
    const headers = { range: "bytes=10-19" };
    const lie = await send(blob, { headers });
    expect([lie.status, lie.headers["content-range"]]).toEqual([206, `bytes 13-19/${SIZE}`]);
    expect(lie.body.equals(BYTES.subarray(10, 20))).toBe(true);
    const ignore = registry.faults.add({ action: { kind: "ignore-range" } });
    expect(await send(blob, { headers })).toMatchObject({ status: 200, body: { length: SIZE } });
    expect((await send(blob, { headers })).status).toBe(206);
    expect([fault.fired, ignore.fired]).toEqual([1, 1]);
  });

  it("wrong-digest-header", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "wrong-digest-header" } });
    await using _ = registry;
    expect((await send(blob, { method: "HEAD" })).headers["docker-content-digest"]).not.toBe(DIGEST);
    expect((await send(blob, { method: "HEAD" })).headers["docker-content-digest"]).toBe(DIGEST);
    expect(fault.fired).toBe(1);
  });

  it("redirect: to the second port, which refuses credentials", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "redirect" } });
    await using _ = registry;
    const { status, headers } = await send(blob);
    expect(status).toBe(307);
    const target = headers.location ?? "";
    expect(new URL(target).port).not.toBe(String(registry.port));
    expect((await send(target)).body.equals(BYTES)).toBe(true);
    expect(await send(target, { headers: { range: "bytes=1-2" } })).toMatchObject({ status: 206, body: { length: 2 } });
    expect((await send(target, { headers: { authorization: "Bearer x" } })).status).toBe(400);
    expect((await send(target.replace(/Signature=.*/, "Signature=0"))).status).toBe(403);
    expect(fault.fired).toBe(1);
    const away = registry.faults.add({ action: { kind: "redirect", location: "http://169.254.169.254/latest" } });
    expect((await send(blob)).headers.location).toBe("http://169.254.169.254/latest");
    expect(away.fired).toBe(1);
  });
});

describe("faults that answer instead", () => {
  it("status, with the spec's JSON or a proxy's page", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "status", status: 503, retryAfter: "1" } });
    await using _ = registry;
    const json = await send(blob);
    expect([json.status, json.headers["retry-after"]]).toEqual([503, "1"]);
    expect(JSON.parse(json.body.toString()).errors[0].code).toBe("UNKNOWN");
    const page = registry.faults.add({ action: { kind: "status", status: 502, html: true } });
    const html = await send(blob);
    expect([html.status, html.headers["content-type"], html.body.toString().includes("<html>")]).toEqual([502, "text/html", true]);
    expect([fault.fired, page.fired, registry.stats.bytesServed()]).toEqual([1, 1, 0]);
  });

  it("too-many-requests, after some that pass, on the operation named", async () => {
    const rule = { action: { kind: "too-many-requests", retryAfter: "30" }, match: { op: "blob-get" }, after: 1, times: 2 } as const;
    const { registry, fault, blob } = await withFault(rule);
    await using _ = registry;
    const statuses: number[] = [];
    for (let i = 0; i < 4; i++) statuses.push((await send(blob)).status);
    expect(statuses).toEqual([200, 429, 429, 200]);
    expect((await send(blob, { method: "HEAD" })).status).toBe(200);
    expect([fault.matched, fault.fired]).toEqual([4, 2]);
  });

  it("read-only: refuses what writes, allows what reads", async () => {
    const { registry, fault, blob } = await withFault({ action: { kind: "read-only" }, times: Number.POSITIVE_INFINITY });
    await using _ = registry;
    const refused = await send(`${registry.url}/v2/a/b/blobs/uploads/`, { method: "POST" });
    expect([refused.status, JSON.parse(refused.body.toString()).errors[0].code]).toEqual([403, "DENIED"]);
    expect((await send(blob)).status).toBe(200);
    expect(fault.fired).toBe(1);
  });

  it("expired-token: the token is worthless from then on", async () => {
    const users = [{ username: "u", password: "p" }];
    const { registry, fault, blob } = await withFault(
      { action: { kind: "expired-token" }, after: 1 },
      { auth: { scheme: "bearer", users } },
    );
    await using _ = registry;
    const basic = { authorization: `Basic ${btoa("u:p")}` };
    const answer = await send(`${registry.url}/token?scope=repository:a/b:pull`, { headers: basic });
    const headers = { authorization: `Bearer ${JSON.parse(answer.body.toString()).token}` };
    const seen = [await send(blob, { headers }), await send(blob, { headers }), await send(blob, { headers })];
    expect(seen.map(({ status }) => status)).toEqual([200, 401, 401]);
    expect(seen[1]?.headers["www-authenticate"]).toMatch(/^Bearer realm=.*error="invalid_token"/);
    expect(fault.fired).toBe(1);
  });
});

describe("faults of uploads", () => {
  it("cut-after on a chunk: the bytes before the cut stay, the status tells them", async () => {
    const { registry, fault } = await withFault({ action: { kind: "cut-after", bytes: 30_000 }, match: { op: "blob-patch" } });
    await using _ = registry;
    const session = await startUpload(registry);
    expect((await send(session, { method: "PATCH", body: BYTES })).error).toMatch(/ECONNRESET|EPIPE/);
    expect((await send(session)).headers.range).toBe("0-29999");
    const rest = await send(session, { method: "PATCH", body: BYTES.subarray(30_000), headers: { "content-range": `30000-${SIZE - 1}` } });
    expect(rest.status).toBe(202);
    expect((await send(`${new URL(rest.headers.location ?? "", registry.url)}&digest=${DIGEST}`, { method: "PUT" })).status).toBe(201);
    expect(fault.fired).toBe(1);
    expect(registry.stats.bytesReceived()).toBe(SIZE);
  });

  it("cut-after on a chunk costs the session in distribution-2.8", async () => {
    const rule = { action: { kind: "cut-after", bytes: 30_000 }, match: { op: "blob-patch" } } as const;
    const { registry, fault } = await withFault(rule, { profile: "distribution-2.8" });
    await using _ = registry;
    const session = await startUpload(registry);
    await send(session, { method: "PATCH", body: BYTES });
    const status = await send(session);
    expect([status.status, JSON.parse(status.body.toString()).errors[0].code]).toEqual([404, "BLOB_UPLOAD_INVALID"]);
    expect((await send(session)).status).toBe(404);
    expect([fault.fired, registry.storage.uploads().length]).toEqual([1, 0]);
  });

  it("lost-session and wrong-offset", async () => {
    const { registry, fault } = await withFault({ action: { kind: "wrong-offset", delta: 7 } });
    await using _ = registry;
    const session = await startUpload(registry);
    await send(session, { method: "PATCH", body: BYTES.subarray(0, 100) });
    expect((await send(session)).headers.range).toBe("0-106");
    expect((await send(session)).headers.range).toBe("0-99");
    const lost = registry.faults.add({ action: { kind: "lost-session" } });
    const answer = await send(session, { method: "PATCH", body: BYTES });
    expect([answer.status, JSON.parse(answer.body.toString()).errors[0].code]).toEqual([404, "BLOB_UPLOAD_UNKNOWN"]);
    expect((await send(session)).status).toBe(404);
    expect([fault.fired, lost.fired]).toEqual([1, 1]);
  });

  it("foreign-location: the upload is sent on", async () => {
    const { registry, fault } = await withFault({ action: { kind: "foreign-location", location: "http://10.0.0.1/upload" } });
    await using _ = registry;
    const open = () => send(`${registry.url}/v2/a/b/blobs/uploads/`, { method: "POST" });
    expect((await open()).headers.location).toBe("http://10.0.0.1/upload");
    expect((await open()).headers.location).toMatch(/^\/v2\/a\/b\//);
    expect(fault.fired).toBe(1);
  });

  it("drop-answer: the chunk is in, the client cannot know", async () => {
    const { registry, fault } = await withFault({ action: { kind: "drop-answer" } });
    await using _ = registry;
    const session = await startUpload(registry);
    expect(await send(session, { method: "PATCH", body: BYTES.subarray(0, 5000) })).toMatchObject({ status: 0, error: "ECONNRESET" });
    expect((await send(session)).headers.range).toBe("0-4999");
    expect(fault.fired).toBe(1);
  });

  it("late-blob: 201, then 404 for a while, for the blob and for manifests that name it", async () => {
    const { registry, fault } = await withFault({ action: { kind: "late-blob", milliseconds: 700 } });
    await using _ = registry;
    const bytes = Buffer.from("late");
    const digest = digestOf(bytes);
    expect((await send(`${registry.url}/v2/a/b/blobs/uploads/?digest=${digest}`, { method: "POST", body: bytes })).status).toBe(201);
    const head = () => send(`${registry.url}/v2/a/b/blobs/${digest}`, { method: "HEAD" });
    expect((await head()).status).toBe(404);
    const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: { digest, size: 4 }, layers: [] }));
    const put = await send(`${registry.url}/v2/a/b/manifests/v1`, { method: "PUT", body: manifest });
    expect(JSON.parse(put.body.toString()).errors[0].code).toBe("MANIFEST_BLOB_UNKNOWN");
    await expect.poll(async () => (await head()).status, { timeout: 2000 }).toBe(200);
    expect(fault.fired).toBe(1);
  });

  it("gc-race: the named blobs are really gone, and pushing them again heals it", async () => {
    const { registry, fault } = await withFault({ action: { kind: "gc-race" } });
    await using _ = registry;
    const image = await seedImage(registry, { repository: "a/b", layers: [{ size: 100, seed: 1 }] });
    const manifest = await registry.storage.readManifest("a/b", image.digest);
    const put = () => send(`${registry.url}/v2/a/b/manifests/v1`, { method: "PUT", body: manifest?.bytes ?? Buffer.of() });
    const refused = await put();
    const errors = JSON.parse(refused.body.toString()).errors as { code: string; detail: { digest: string } }[];
    expect(errors.map(({ detail }) => detail.digest).sort()).toEqual(image.blobs.map(({ digest }) => digest).sort());
    expect((await send(`${registry.url}/v2/a/b/blobs/${image.blobs[1]?.digest}`, { method: "HEAD" })).status).toBe(404);
    await seedImage(registry, { repository: "a/b", layers: [{ size: 100, seed: 1 }] });
    expect((await put()).status).toBe(201);
    expect(fault.fired).toBe(1);
  });
});

describe("faults of other bodies", () => {
  it("cut a list as well, where the rule names it", async () => {
    const { registry, fault } = await withFault({ action: { kind: "cut-after", bytes: 5 }, match: { op: "tags-list" } });
    await using _ = registry;
    const cut = await send(`${registry.url}/v2/a/b/tags/list`);
    expect([cut.body.toString(), cut.error, fault.fired]).toEqual(['{"nam', "ECONNRESET", 1]);
  });
});

describe("fault plan", () => {
  it("matches by path and method, and forgets rules that are removed", async () => {
    const { registry, fault, blob } = await withFault({
      action: { kind: "status", status: 500 },
      match: { method: "head", path: /\/v2\/a\/b\//, op: ["blob-head", "blob-get"] },
      times: 5,
    });
    await using _ = registry;
    expect((await send(blob)).status).toBe(200);
    expect((await send(blob, { method: "HEAD" })).status).toBe(500);
    expect((await send(blob.replace("a/b", "c"), { method: "HEAD" })).status).toBe(404);
    fault.remove();
    expect((await send(blob, { method: "HEAD" })).status).toBe(200);
    expect(fault.fired).toBe(1);
  });
});

async function rawExchange(registry: DevRegistry, text: string): Promise<Buffer> {
  const { connect } = await import("node:net");
  const socket = connect(registry.port, "127.0.0.1");
  socket.write(text);
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
