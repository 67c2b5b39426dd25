import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { serve, stream } from "./test-server.ts";

const BYTES = Buffer.alloc(100, "x");
const DIGEST = digestOf(BYTES);

/** A registry whose answers to POST, PATCH, PUT and GET of an upload are given. */
function answering(answers: Partial<Record<string, [status: number, headers: Record<string, string>, body?: string]>>) {
  return serve((request, response) => {
    const [status, headers, body] = answers[request.method ?? ""] ?? [202, { location: "/v2/a/blobs/uploads/1?_state=s%3D1" }];
    response.writeHead(status, headers);
    response.end(body);
  });
}

describe("an upload", () => {
  it("follows each new location and keeps its query as it is", async () => {
    await using server = await answering({
      PATCH: [202, { location: "2?_state=b%2Bb", range: "0-49" }],
      PUT: [201, {}],
    });
    await using registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    expect(await upload.append(stream(BYTES.subarray(0, 50)), 50)).toBe(50);
    expect(upload.session.location).toBe(`${server.url}/v2/a/blobs/uploads/2?_state=b%2Bb`);
    await upload.commit(DIGEST, { bytes: stream(BYTES.subarray(50)), length: 50 });
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      "POST /v2/a/blobs/uploads/",
      "PATCH /v2/a/blobs/uploads/1?_state=s%3D1",
      `PUT /v2/a/blobs/uploads/2?_state=b%2Bb&digest=${encodeURIComponent(DIGEST)}`,
    ]);
  });

  it.each([
    ["what the registry kept, where that is less", "0-9", 50, 10],
    ["nothing kept", "0-0", 50, 0],
    ["one byte kept of one", "0-0", 1, 1],
    ["Quay's count", "bytes=0-50", 50, 50],
    ["Quay's count without the prefix", "0-50", 50, 50],
    ["no word at all (ECR)", undefined, 50, 50],
  ])("goes by %s", async (_, range, length, offset) => {
    await using server = await answering({ PATCH: [201, range === undefined ? {} : { range }] });
    await using registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    expect(await upload.append(stream(BYTES.subarray(0, length)), length)).toBe(offset);
    expect(upload.offset).toBe(offset);
    expect(upload.tookChunkForAll).toBe(true);
  });

  it("starts again when the registry has more than was sent", async () => {
    await using server = await answering({ PATCH: [202, { range: "0-99" }] });
    await using registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    await expect(upload.append(stream(BYTES.subarray(0, 50)), 50)).rejects.toThrowError(
      expect.objectContaining({ code: "BLOB_UPLOAD_INVALID", retry: "restart" }),
    );
  });

  it("recovers from 416 through the location that came with it", async () => {
    await using server = await answering({
      PATCH: [416, { location: "/v2/a/blobs/uploads/1?_state=new", range: "0-19" }],
      GET: [204, { location: "/v2/a/blobs/uploads/1?_state=newest", range: "0-19" }],
    });
    await using registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    await expect(upload.append(stream(BYTES), 100)).rejects.toThrowError(expect.objectContaining({ code: "RANGE_INVALID" }));
    const resumed = await registry.repository("a").resumeUpload(upload.session);
    expect(resumed?.offset).toBe(20);
    expect(server.requests.at(-1)?.path).toBe("/v2/a/blobs/uploads/1?_state=new");
    expect(resumed?.session.location).toContain("_state=newest");
  });

  it.each([
    ["404 BLOB_UPLOAD_UNKNOWN", [404, {}, '{"errors":[{"code":"BLOB_UPLOAD_UNKNOWN"}]}']],
    ["404 BLOB_UPLOAD_INVALID (distribution 2.8)", [404, {}, '{"errors":[{"code":"BLOB_UPLOAD_INVALID"}]}']],
    ["405 (no status query)", [405, {}]],
    ["0-0, nothing or one byte", [204, { range: "0-0" }]],
  ] as const)("is given up after %s", async (_, answer) => {
    await using server = await answering({ GET: [...answer] as [number, Record<string, string>, string?] });
    await using registry = openRegistry({ url: server.url });
    expect(await registry.repository("a").resumeUpload({ location: `${server.url}/v2/a/blobs/uploads/1` })).toBeUndefined();
  });

  it("tells the smallest chunk", async () => {
    await using server = await startDevRegistry({ settings: { chunkMinLength: 5_242_880 } });
    await using registry = openRegistry({ url: server.url });
    expect((await registry.repository("a").startUpload()).minChunkBytes).toBe(5_242_880);
  });

  it("survives a chunk whose answer was lost, by the registry's own offset", async () => {
    await using server = await startDevRegistry();
    const lost = server.faults.add({ action: { kind: "drop-answer" } });
    await using registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    await expect(upload.append(stream(BYTES.subarray(0, 60)), 60)).rejects.toThrowError(
      expect.objectContaining({ code: "CONNECTION_FAILED" }),
    );
    expect(lost.fired).toBe(1);
    const resumed = await registry.repository("a").resumeUpload(upload.session);
    expect(resumed?.offset).toBe(60);
    await resumed?.append(stream(BYTES.subarray(60)), 40);
    await resumed?.commit(DIGEST);
    expect(await registry.repository("a").hasBlob(DIGEST)).toBe(true);
  });

  it("lets bytes go that it could not send, so that a download behind them ends", async () => {
    let ended = 0;
    const bytes = {
      [Symbol.asyncIterator]: () => ({
        next: async () => ({ done: true, value: undefined }) as const,
        return: async () => ({ done: true, value: ++ended }) as const,
      }),
    };
    await using server = await answering({});
    const registry = openRegistry({ url: server.url });
    const upload = await registry.repository("a").startUpload();
    await registry[Symbol.asyncDispose]();
    await expect(upload.append(bytes, 10)).rejects.toThrow();
    expect(ended).toBe(1);
  });
});

describe("an upload in one request", () => {
  const words = (code: string): string => JSON.stringify({ errors: [{ code }] });

  it("is done with 201", async () => {
    await using server = await startDevRegistry();
    await using registry = openRegistry({ url: server.url });
    expect(await registry.repository("a").postBlob(DIGEST, BYTES)).toBe(true);
    expect(await registry.repository("a").hasBlob(DIGEST)).toBe(true);
    expect(server.stats.requests("blob-post", "blob-start", "blob-put")).toBe(1);
  });

  it("goes on in the session that 202 opened", async () => {
    await using server = await startDevRegistry({ settings: { singlePost: false } });
    await using registry = openRegistry({ url: server.url });
    const opened = await registry.repository("a").postBlob(DIGEST, BYTES);
    if (opened === true || opened === undefined) throw new Error("no session");
    expect(opened.offset).toBe(0);
    await opened.commit(DIGEST, { bytes: stream(BYTES), length: BYTES.byteLength });
    expect(await registry.repository("a").hasBlob(DIGEST)).toBe(true);
    expect(server.stats.requests("blob-start")).toBe(0);
  });

  it.each([
    [400, words("DIGEST_INVALID")],
    [405, words("UNSUPPORTED")],
    [404, ""],
    [413, "<html>"],
  ])("is not to be had where %d %s is the answer", async (status, body) => {
    await using server = await answering({ POST: [status, {}, body] });
    await using registry = openRegistry({ url: server.url });
    expect(await registry.repository("a").postBlob(DIGEST, BYTES)).toBeUndefined();
  });

  it.each([
    [404, words("NAME_UNKNOWN"), "NAME_UNKNOWN"],
    [403, words("DENIED"), "DENIED"],
    [503, "", "REGISTRY_FAILED"],
  ])("fails for other reasons: %d %s", async (status, body, code) => {
    await using server = await answering({ POST: [status, {}, body] });
    await using registry = openRegistry({ url: server.url });
    await expect(registry.repository("a").postBlob(DIGEST, BYTES)).rejects.toThrowError(expect.objectContaining({ code }));
  });

  it("does not believe 201 for another digest", async () => {
    await using server = await answering({ POST: [201, { "docker-content-digest": digestOf(Buffer.from("else")) }] });
    await using registry = openRegistry({ url: server.url });
    await expect(registry.repository("a").postBlob(DIGEST, BYTES)).rejects.toThrowError(
      expect.objectContaining({ code: "DIGEST_INVALID" }),
    );
  });
});

describe("waiting for progress", () => {
  const timeouts = { bodyIdleMs: 300, headersMs: 300, commitMs: 300 };

  it("does not blame the registry for a slow source", async () => {
    await using server = await answering({ PATCH: [202, {}] });
    await using registry = openRegistry({ url: server.url, timeouts });
    const upload = await registry.repository("a").startUpload();
    const slow = async function* () {
      for (let part = 0; part < 3; part += 1) {
        await new Promise((resolve) => setTimeout(resolve, 400));
        yield BYTES.subarray(0, 10);
      }
    };
    expect(await upload.append(slow(), 30)).toBe(30);
  });

  it.each([
    ["takes no more bytes", 50_000_000],
    ["does not answer", 10],
  ])("ends an upload when the registry %s", async (_, size) => {
    // A server that accepts connections and then neither reads nor answers.
    const server = createServer({ pauseOnConnect: true }, (socket) => socket.on("error", () => undefined));
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    const location = `http://127.0.0.1:${(server.address() as AddressInfo).port}/upload`;
    await using start = await answering({ POST: [202, { location }] });
    await using registry = openRegistry({ url: start.url, timeouts, allowedHosts: ["127.0.0.1"] });
    const upload = await registry.repository("a").startUpload();
    const part = Buffer.alloc(1_000_000);
    const bytes = async function* () {
      for (let sent = 0; sent < size; sent += part.byteLength) yield part.subarray(0, size - sent);
    };
    await expect(upload.commit(DIGEST, { bytes: bytes(), length: size })).rejects.toThrowError(
      expect.objectContaining({ code: "TIMED_OUT" }),
    );
    server.close();
  });

  it("takes an early refusal for what it is", async () => {
    const server = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.on("data", (part) => {
        const start = part.toString("latin1", 0, 6);
        if (start.startsWith("POST")) socket.write("HTTP/1.1 202 Accepted\r\nlocation: /up\r\ncontent-length: 0\r\n\r\n");
        if (start.startsWith("PATCH")) socket.write("HTTP/1.1 413 Too Large\r\ncontent-length: 0\r\n\r\n");
      });
    });
    await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
    await using registry = openRegistry({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
    const upload = await registry.repository("a").startUpload();
    let ended = false;
    const endless = async function* () {
      try {
        for (let sent = 0; sent < 1_000_000_000; sent += 1_000_000) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          yield Buffer.alloc(1_000_000);
        }
      } finally {
        ended = true;
      }
    };
    await expect(upload.append(endless(), 1_000_000_000)).rejects.toThrowError(expect.objectContaining({ code: "UPLOAD_TOO_LARGE" }));
    await expect.poll(() => ended).toBe(true);
    server.close();
  });
});
