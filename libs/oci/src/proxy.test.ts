import { startConnectProxy, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { LOCAL_CERTIFICATE, TEST_CERTIFICATE } from "./test-certificate.ts";
import { serve, stream } from "./test-server.ts";

const LOGIN = { username: "gate", password: "open sesame" };
const BASIC = `Basic ${Buffer.from("gate:open sesame").toString("base64")}`;

async function upload(registry: ReturnType<typeof openRegistry>, bytes: Buffer) {
  const session = await registry.repository("a").startUpload();
  const digest = digestOf(bytes);
  await session.commit(digest, { bytes: stream(bytes), length: bytes.byteLength });
  return { digest, size: bytes.byteLength };
}

describe("through a proxy", () => {
  it.each(["http", "https"])("a registry of %s is reached, by a name that only the proxy knows", async (scheme) => {
    await using server = await startDevRegistry(scheme === "https" ? { tls: TEST_CERTIFICATE } : {});
    const name = `registry.test:${server.port}`;
    await using proxy = await startConnectProxy({
      hosts: { [name]: `127.0.0.1:${server.port}` },
      refuse: (_, authorization) => (authorization === BASIC ? undefined : 407),
    });
    await using registry = openRegistry({
      url: `${scheme}://${name}`,
      ca: TEST_CERTIFICATE.cert,
      proxy: { url: proxy.url, credential: LOGIN },
    });
    const bytes = Buffer.alloc(3_000_000, "layer");
    const blob = await upload(registry, bytes);
    const read = await registry.repository("a").readBlob(blob, { start: 0, end: blob.size });
    expect(Buffer.concat(await Array.fromAsync(read.bytes)).equals(bytes)).toBe(true);
    expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(new Set([name]));
    expect(proxy.plain).toEqual([]);
    for (const { headers, sent } of proxy.tunnels) {
      expect(headers).toMatchObject({ host: name, "proxy-authorization": BASIC });
      expect(headers.authorization).toBeUndefined();
      expect(sent().includes("proxy-authorization")).toBe(false);
    }
    // By plain HTTP a proxy can read along, as anybody on the way can.
    expect(proxy.tunnels.some(({ sent }) => sent().includes("layerlayer"))).toBe(scheme === "http");
  });

  it("that speaks TLS, a registry with TLS is reached, each known by its own name", async () => {
    await using server = await startDevRegistry({ tls: TEST_CERTIFICATE });
    await using plain = await startDevRegistry();
    const url = `https://registry.test:${server.port}`;
    const hosts = Object.fromEntries([server, plain].map(({ port }) => [`registry.test:${port}`, `127.0.0.1:${port}`]));
    await using proxy = await startConnectProxy({ hosts, tls: TEST_CERTIFICATE });
    await using misnamed = openRegistry({ url, ca: TEST_CERTIFICATE.cert, proxy: { url: proxy.url } });
    const failure = await misnamed.ping().catch((error) => error);
    expect(failure).toMatchObject({ code: "TLS_FAILED", what: expect.stringContaining(`through the proxy ${proxy.host}`) });
    expect(failure.hint).toContain("proxy's certificate");
    await using unknown = openRegistry({ url, proxy: { url: proxy.url } });
    await expect(unknown.ping()).rejects.toMatchObject({
      code: "TLS_FAILED",
      message: expect.stringContaining("the connection to the proxy failed"),
    });
    expect(proxy.tunnels).toEqual([]);

    await using local = await startConnectProxy({ hosts, tls: LOCAL_CERTIFICATE });
    const name = local.url.replace("127.0.0.1", "localhost");
    const ca = `${TEST_CERTIFICATE.cert}\n${LOCAL_CERTIFICATE.cert}`;
    for (const [scheme, target] of [
      ["https", server],
      ["http", plain],
    ] as const) {
      await using registry = openRegistry({ url: `${scheme}://registry.test:${target.port}`, ca, proxy: { url: name, credential: LOGIN } });
      const bytes = Buffer.alloc(1_000_000, "layer");
      const blob = await upload(registry, bytes);
      const read = await registry.repository("a").readBlob(blob, { start: 0, end: blob.size });
      expect(Buffer.concat(await Array.fromAsync(read.bytes)).equals(bytes)).toBe(true);
    }
    expect(local.tunnels[0]?.headers["proxy-authorization"]).toBe(BASIC);
  });

  it("a CA that is none fails the calls and leaves no connection", async () => {
    await using server = await startDevRegistry({ tls: TEST_CERTIFICATE });
    await using proxy = await startConnectProxy();
    const ca = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----";
    await using registry = openRegistry({ url: server.url, ca, proxy: { url: proxy.url } });
    await expect(registry.ping()).rejects.toMatchObject({ code: "TLS_FAILED" });
    expect(proxy.tunnels.length).toBe(1);
    await expect.poll(() => proxy.open()).toBe(0);
  });

  it("a fixed address is what the proxy is asked for; TLS keeps the name", async () => {
    await using server = await startDevRegistry({ tls: TEST_CERTIFICATE });
    await using proxy = await startConnectProxy();
    const url = `https://registry.test:${server.port}`;
    await using registry = openRegistry({ url, address: "127.0.0.1", ca: TEST_CERTIFICATE.cert, proxy: { url: proxy.url } });
    await registry.ping();
    expect(proxy.tunnels.map(({ destination }) => destination)).toEqual([`127.0.0.1:${server.port}`]);
  });

  it("no more connections are made than without, they are kept, and they can be opened ahead", async () => {
    await using server = await startDevRegistry();
    await using proxy = await startConnectProxy();
    const registry = openRegistry({ url: server.url, connections: 6, proxy: { url: proxy.url } });
    const blob = await upload(registry, Buffer.alloc(3_000, "layer"));
    for (let round = 0; round < 20; round += 1) await registry.repository("a").hasBlob(blob.digest);
    expect(proxy.tunnels.length).toBeLessThanOrEqual(2);
    const others = proxy.open();
    registry.repository("a").openAhead?.(50);
    await expect.poll(() => server.stats.openConnections).toBe(others + 6);
    const opened = proxy.tunnels.length;
    const reads = [0, 1, 2].map(async (part) => {
      const read = await registry.repository("a").readBlob(blob, { start: part * 1_000, end: part * 1_000 + 1_000 });
      return Buffer.concat(await Array.fromAsync(read.bytes)).byteLength;
    });
    expect(await Promise.all(reads)).toEqual([1_000, 1_000, 1_000]);
    expect(proxy.tunnels.length).toBe(opened);
    expect(proxy.peak()).toBeLessThanOrEqual(8);
    await registry[Symbol.asyncDispose]();
    await expect.poll(() => proxy.open()).toBe(0);
  });

  it("ranges side by side are read over as many connections as are allowed", async () => {
    await using server = await startDevRegistry();
    await using proxy = await startConnectProxy();
    await using registry = openRegistry({ url: server.url, connections: 16, proxy: { url: proxy.url } });
    const part = 100_000;
    const bytes = Buffer.from(Array.from({ length: 64 * part }, (_, at) => (at * 31) % 251));
    const blob = await upload(registry, bytes);
    registry.repository("a").openAhead?.(16);
    const reads = Array.from({ length: 64 }, async (_, index) => {
      const read = await registry.repository("a").readBlob(blob, { start: index * part, end: (index + 1) * part });
      return Buffer.concat(await Array.fromAsync(read.bytes));
    });
    expect(Buffer.concat(await Promise.all(reads)).equals(bytes)).toBe(true);
    // One for the upload, and a second one where it was hurried.
    expect(proxy.tunnels.length).toBeGreaterThanOrEqual(16);
    expect(proxy.tunnels.length).toBeLessThanOrEqual(18);
  });

  it("connections that the proxy has closed meanwhile are replaced", async () => {
    await using server = await serve((_, response) => response.end("x"));
    await using proxy = await startConnectProxy();
    await using registry = openRegistry({ url: server.url, proxy: { url: proxy.url } });
    registry.repository("a").openAhead?.(2);
    await expect.poll(() => proxy.tunnels.length).toBe(2);
    proxy.cut();
    await expect.poll(() => proxy.open()).toBe(0);
    const blob = { digest: digestOf(Buffer.from("x")), size: 1 };
    const read = await registry.repository("a").readBlob(blob, { start: 0, end: 1 });
    expect(Buffer.concat(await Array.fromAsync(read.bytes)).toString()).toBe("x");
    expect(proxy.tunnels.length).toBe(3);
  });

  it("nothing is waited for when the registry is closed", async () => {
    await using proxy = await startConnectProxy({ refuse: () => Number.NaN });
    const registry = openRegistry({ url: "http://registry.test", proxy: { url: proxy.url } });
    const pinging = registry.ping().catch((error) => error);
    await expect.poll(() => proxy.tunnels.length).toBe(1);
    await registry[Symbol.asyncDispose]();
    expect(await pinging).toBeInstanceOf(Error);
    await expect.poll(() => proxy.open()).toBe(0);
  });
});

describe("behind a proxy, a registry's answers", () => {
  const bytes = Buffer.from("layer");
  const blob = { digest: digestOf(bytes), size: bytes.byteLength };
  /** A registry that the proxy knows by name, and that redirects its readers to a place on this machine. */
  async function redirected(place: string, own: { readonly address?: string; readonly direct?: boolean }) {
    await using storage = await serve((_, response) => response.end(bytes));
    const location = `${storage.url.replace("127.0.0.1", place)}/b`;
    await using server = await serve((_, response) => response.writeHead(307, { location }).end());
    const name = server.url.replace("127.0.0.1", "registry.test");
    await using proxy = await startConnectProxy({
      hosts: { [new URL(name).host]: server.host, [`storage.test:${new URL(storage.url).port}`]: storage.host },
    });
    const { address, direct } = own;
    await using registry = openRegistry({ url: direct === true ? server.url : name, address, proxy: { url: proxy.url } });
    const read = await registry
      .repository("a")
      .readBlob(blob, { start: 0, end: blob.size })
      .catch((error) => error);
    if (read instanceof Error) {
      expect(storage.requests).toEqual([]);
      throw read;
    }
    expect(Buffer.concat(await Array.fromAsync(read.bytes as AsyncIterable<Uint8Array>)).equals(bytes)).toBe(true);
    return proxy.tunnels.length;
  }

  it.each(["127.0.0.1", "localhost", "any.localhost", "10.0.0.1", "169.254.169.254"])(
    "lead nobody to %s, which would be the proxy's",
    async (place) => {
      await expect(redirected(place, {})).rejects.toMatchObject({ code: "REDIRECT_REFUSED" });
    },
  );

  it("lead to storage by the same proxy, and to addresses like the one that the operator gave", async () => {
    expect(await redirected("storage.test", {})).toBe(2);
    expect(await redirected("127.0.0.1", { address: "127.0.0.1" })).toBe(2);
    expect(await redirected("127.0.0.1", { direct: true })).toBe(2);
  });
});

describe("a proxy that does not", () => {
  it.each([
    [407, "PROXY_UNAUTHORIZED", 'the proxy refused user "gate" (407)'],
    [403, "PROXY_REFUSED", "the proxy does not connect to registry.test:443 (it answered 403)"],
    [502, "PROXY_FAILED", "the proxy cannot reach registry.test:443 (502)"],
    [302, "PROXY_REFUSED", "it answered 302"],
    [429, "PROXY_FAILED", "the proxy answered 429"],
    [0, "PROXY_FAILED", "the connection to the proxy failed: the connection was cut"],
  ])("open a tunnel (%i) is named: %s", async (status, code, why) => {
    await using proxy = await startConnectProxy({ refuse: () => status });
    await using registry = openRegistry({ url: "https://registry.test", proxy: { url: proxy.url, credential: LOGIN } });
    const failure = await registry.ping().catch((error) => error);
    expect(failure).toMatchObject({
      code,
      what: `reaching registry.test:443 through the proxy ${proxy.host}`,
      why: expect.stringContaining(why),
    });
    expect(`${failure.message} ${failure.hint}`).not.toContain(LOGIN.password);
  });

  it("run is named, and so is one that wants a login where none is given", async () => {
    await using gone = openRegistry({ url: "https://registry.test", proxy: { url: "http://127.0.0.1:1" } });
    await expect(gone.ping()).rejects.toMatchObject({
      code: "PROXY_FAILED",
      message:
        "reaching registry.test:443 through the proxy 127.0.0.1:1: the connection to the proxy failed: nothing listens there (ECONNREFUSED)",
    });
    await using proxy = await startConnectProxy({ refuse: () => 407 });
    await using stranger = openRegistry({ url: "https://registry.test", proxy: { url: proxy.url } });
    await expect(stranger.ping()).rejects.toMatchObject({ code: "PROXY_UNAUTHORIZED", why: expect.stringContaining("none is given") });
  });

  it("answer is not waited for without end", async () => {
    await using proxy = await startConnectProxy({ refuse: () => Number.NaN });
    const timeouts = { connectMs: 1_000 };
    await using registry = openRegistry({ url: "https://registry.test", proxy: { url: proxy.url }, timeouts });
    await expect(registry.ping()).rejects.toMatchObject({ code: "PROXY_FAILED", why: expect.stringContaining("no answer in time") });
  });

  it.each(["socks5://127.0.0.1:1", "http://u:hunter2@127.0.0.1:1", "http://127.0.0.1:1/path", "nonsense"])(
    "have a usable URL (%s) is refused before anything is sent",
    (url) => {
      const open = () => openRegistry({ url: "https://registry.test", proxy: { url } });
      expect(open).toThrowError(expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.not.stringContaining("hunter2") }));
    },
  );
});
