import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { Connections } from "./connections.ts";
import { digestOf } from "./digest.ts";
import { Exchange } from "./exchange.ts";
import { openRegistry } from "./open-registry.ts";
import { TEST_CERTIFICATE } from "./test-certificate.ts";
import { serve, stream } from "./test-server.ts";
import { DEFAULT_TIMEOUTS } from "./timeouts.ts";
import { UrlGuard } from "./url-guard.ts";

describe("TLS", () => {
  it("trusts the given CA, for the name in the URL, at a fixed address", async () => {
    await using server = await startDevRegistry({ tls: TEST_CERTIFICATE });
    const url = `https://registry.test:${server.port}`;
    await using registry = openRegistry({ url, address: "127.0.0.1", ca: TEST_CERTIFICATE.cert });
    await registry.ping();

    await using stranger = openRegistry({ url, address: "127.0.0.1" });
    await expect(stranger.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "TLS_FAILED", message: expect.stringContaining("DEPTH_ZERO_SELF_SIGNED_CERT") }),
    );
    await using misnamed = openRegistry({ url: server.url, ca: TEST_CERTIFICATE.cert });
    await expect(misnamed.ping()).rejects.toThrowError(
      expect.objectContaining({ code: "TLS_FAILED", message: expect.stringContaining("ERR_TLS_CERT_ALTNAME_INVALID") }),
    );
  });

  it("is not left for a redirect to plain HTTP", async () => {
    await using thief = await serve((_, response) => response.end("x"));
    await using server = await startDevRegistry({
      tls: TEST_CERTIFICATE,
      faults: [{ action: { kind: "redirect", location: thief.url }, times: Number.POSITIVE_INFINITY }],
    });
    await using registry = openRegistry({ url: `https://registry.test:${server.port}`, address: "127.0.0.1", ca: TEST_CERTIFICATE.cert });
    const blob = await upload(registry, Buffer.from("x"));
    await expect(registry.repository("a").readBlob(blob, { start: 0, end: 1 })).rejects.toThrowError(
      expect.objectContaining({ code: "REDIRECT_REFUSED" }),
    );
    expect(thief.requests).toEqual([]);
  });
});

async function upload(registry: ReturnType<typeof openRegistry>, bytes: Buffer) {
  const session = await registry.repository("a").startUpload();
  const digest = digestOf(bytes);
  await session.commit(digest, { bytes: stream(bytes), length: bytes.byteLength });
  return { digest, size: bytes.byteLength };
}

describe("names in a registry's answers", () => {
  it("are connected to only at addresses that the guard allows", async () => {
    await using server = await serve((_, response) => response.end("secret"));
    const url = new URL(server.url.replace("127.0.0.1", "localhost"));
    const origin = new URL("https://registry.test");
    for (const [reached, code] of [
      ["8.8.8.8", "REDIRECT_REFUSED"],
      ["10.0.0.1", "REDIRECT_REFUSED"],
      ["127.0.0.1", undefined],
    ] as const) {
      const guard = new UrlGuard(origin);
      guard.reached(reached);
      await using connections = new Connections({ origin, connections: 1, timeouts: DEFAULT_TIMEOUTS, guard });
      const exchange = new Exchange(connections, DEFAULT_TIMEOUTS, "test", undefined);
      const answered = exchange.send({ operation: "test", what: "testing", method: "GET", url, headers: {} });
      if (code === undefined) expect((await answered).status).toBe(200);
      else await expect(answered).rejects.toThrowError(expect.objectContaining({ code }));
    }
    expect(server.requests).toHaveLength(1);
  });
});

describe("a signal", () => {
  it("ends a download and an upload in the middle, with its reason", async () => {
    await using server = await startDevRegistry();
    await using registry = openRegistry({ url: server.url });
    const blob = await upload(registry, Buffer.alloc(5_000_000, "layer"));
    const reason = new Error("enough");
    const download = new AbortController();
    const read = await registry.repository("a").readBlob(blob, { start: 0, end: blob.size }, { signal: download.signal });
    const reading = async () => {
      for await (const _ of read.bytes) download.abort(reason);
    };
    await expect(reading()).rejects.toBe(reason);
    const sending = new AbortController();
    const endless = async function* () {
      for (;;) {
        yield Buffer.alloc(1_000);
        sending.abort(reason);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    const session = await registry.repository("a").startUpload();
    await expect(session.append(endless(), 1_000_000_000, { signal: sending.signal })).rejects.toBe(reason);
  });
});

describe("connections", () => {
  it("are kept over any number of requests, HEAD and refusals included", async () => {
    await using server = await startDevRegistry();
    await using registry = openRegistry({ url: server.url });
    for (let round = 0; round < 20; round += 1) {
      await registry.repository("a").resolve(`v${round}`);
      await registry.repository("a").hasBlob(digestOf(Buffer.from("x")));
    }
    expect(server.stats.requests()).toBe(40);
    // A connection is free again one turn of the event loop after its answer, so a hurried client may open a second.
    expect(server.stats.peakConnections).toBeLessThanOrEqual(2);
  });

  it("never exceed the number that was asked for, and do not lock a copy inside one registry", async () => {
    await using server = await startDevRegistry();
    await using registry = openRegistry({ url: server.url, connections: 1 });
    const blob = await upload(registry, Buffer.alloc(2_000_000, "layer"));
    const copies = Array.from({ length: 4 }, async (_, index) => {
      const target = registry.repository(`copy${index}`);
      const session = await target.startUpload();
      const read = await registry.repository("a").readBlob(blob, { start: 0, end: blob.size });
      await session.commit(blob.digest, { bytes: read.bytes, length: blob.size });
      return await target.hasBlob(blob.digest);
    });
    expect(await Promise.all(copies)).toEqual([true, true, true, true]);
    expect(server.stats.peakConnections).toBeLessThanOrEqual(2);
  });

  it("are freed by a download that is never begun because its upload fails", async () => {
    await using source = await startDevRegistry();
    await using from = openRegistry({ url: source.url, connections: 1 });
    const blob = await upload(from, Buffer.alloc(5_000_000, "layer"));
    await using target = openRegistry({ url: "http://127.0.0.1:1" });
    await using start = await serve((_, response) => {
      response.writeHead(202, { location: `${target.origin}/upload` });
      response.end();
    });
    await using to = openRegistry({ url: start.url, allowedHosts: ["127.0.0.1"] });
    for (let round = 0; round < 3; round += 1) {
      const session = await to.repository("a").startUpload();
      const read = await from.repository("a").readBlob(blob, { start: 0, end: blob.size });
      const sent = session.commit(blob.digest, { bytes: read.bytes, length: blob.size });
      await expect(sent).rejects.toThrowError(expect.objectContaining({ code: "CONNECTION_FAILED" }));
    }
  });

  it("can be opened ahead of the downloads that use them", async () => {
    await using server = await startDevRegistry();
    await using registry = openRegistry({ url: server.url, connections: 6 });
    const blob = await upload(registry, Buffer.alloc(3_000, "layer"));
    const others = server.stats.openConnections;
    const repository = registry.repository("a");
    repository.openAhead?.(4);
    repository.openAhead?.(50);
    await expect.poll(() => server.stats.openConnections).toBe(others + 6);
    const opened = server.stats.peakConnections;
    const reads = [0, 1, 2].map(async (part) => {
      const read = await repository.readBlob(blob, { start: part * 1_000, end: part * 1_000 + 1_000 });
      return Buffer.concat(await Array.fromAsync(read.bytes)).byteLength;
    });
    expect(await Promise.all(reads)).toEqual([1_000, 1_000, 1_000]);
    expect(server.stats.peakConnections).toBe(opened);
  });

  it("that were opened ahead are closed with the registry", async () => {
    await using server = await startDevRegistry();
    const registry = openRegistry({ url: server.url });
    registry.repository("a").openAhead?.(3);
    await expect.poll(() => server.stats.openConnections).toBe(3);
    await registry[Symbol.asyncDispose]();
    await expect.poll(() => server.stats.openConnections).toBe(0);
  });

  it("that were opened ahead and died meanwhile are replaced", async () => {
    const accepted: Socket[] = [];
    await using server = await serve((_, response) => response.end("x"));
    await using relay = await serveSockets((socket) => {
      accepted.push(socket);
      if (accepted.length <= 2) socket.end();
      else socket.pipe(connect(Number(new URL(server.url).port), "127.0.0.1")).pipe(socket);
    });
    await using registry = openRegistry({ url: relay.url });
    registry.repository("a").openAhead?.(2);
    await expect.poll(() => accepted.filter((socket) => socket.destroyed).length).toBe(2);
    const blob = { digest: digestOf(Buffer.from("x")), size: 1 };
    const read = await registry.repository("a").readBlob(blob, { start: 0, end: 1 });
    expect(Buffer.concat(await Array.fromAsync(read.bytes)).toString()).toBe("x");
    expect(accepted.length).toBe(3);
  });
});

async function serveSockets(accept: (socket: Socket) => void): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer(accept);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())) };
}
