import { type ConnectProxy, startConnectProxy } from "@transship/dev-registry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestOf } from "./digest.ts";
import { openRegistry, type RegistryOptions } from "./open-registry.ts";
import { CLIENT_CERTIFICATE, ENCRYPTED_KEY, LOCAL_CERTIFICATE, TEST_CERTIFICATE } from "./test-certificate.ts";
import { serveTls } from "./test-tls-server.ts";

const BLOB = Buffer.from("layer");
const blob = { digest: digestOf(BLOB), size: BLOB.byteLength };

describe("a registry that demands a client certificate", () => {
  const open = (port: number, more: Partial<RegistryOptions>) =>
    openRegistry({ url: `https://registry.test:${port}`, address: "127.0.0.1", ca: TEST_CERTIFICATE.cert, ...more });

  it("is reached with it, and not without", async () => {
    await using server = await serveTls({ ...TEST_CERTIFICATE, demand: CLIENT_CERTIFICATE.certificate }, (_, response) =>
      response.end("{}"),
    );
    await using known = open(server.port, { clientCertificate: CLIENT_CERTIFICATE });
    await known.ping();
    expect(server.requests.map(({ client }) => client)).toEqual(["transship-client"]);
    await using unknown = open(server.port, {});
    const failure = await unknown.ping().catch((error) => error);
    expect(failure).toMatchObject({ code: "TLS_FAILED", why: expect.stringContaining("wants a client certificate") });
    expect(failure.hint).toContain("clientCertificate");
    const stranger = { certificate: LOCAL_CERTIFICATE.cert, privateKey: LOCAL_CERTIFICATE.key };
    await using refused = open(server.port, { clientCertificate: stranger });
    await expect(refused.ping()).rejects.toThrowError(/registry\.test/);
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ["a key of another certificate", { ...CLIENT_CERTIFICATE, privateKey: LOCAL_CERTIFICATE.key }],
    ["an encrypted key", { ...CLIENT_CERTIFICATE, privateKey: ENCRYPTED_KEY }],
    ["no certificate", { ...CLIENT_CERTIFICATE, certificate: "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----" }],
  ])("is not even asked with %s", (_, clientCertificate) => {
    let thrown: unknown;
    try {
      open(1, { clientCertificate });
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({ code: "INVALID_ARGUMENT", what: "the client certificate" });
    expect(String(thrown)).not.toContain(clientCertificate.privateKey.split("\n")[1]);
  });
});

/** What a client was told to keep to itself, and the forms in which it may occur. */
const PASSWORD = "c4n4ry-registry";
const PROXY_PASSWORD = "c4n4ry-proxy";
const base64 = (text: string) => Buffer.from(text).toString("base64");
const REGISTRY_SECRETS = [PASSWORD, base64(`ci:${PASSWORD}`), "t0ken"];
const PROXY_SECRETS = [PROXY_PASSWORD, base64(`gate:${PROXY_PASSWORD}`)];

describe("secrets stay at their origins", { timeout: 60_000 }, () => {
  it("for every way of logging in, storage and proxy", async () => {
    const way = fc.record({
      login: fc.constantFrom("basic", "own token server", "other token server"),
      storage: fc.constantFrom("registry", "same host", "two hops"),
      proxy: fc.constantFrom("none", "http", "https"),
      byAddress: fc.boolean(),
    });
    await fc.assert(fc.asyncProperty(way, checkWay), { numRuns: 25 });
  });
});

interface Way {
  readonly login: string;
  readonly storage: string;
  readonly proxy: string;
  readonly byAddress: boolean;
}

async function checkWay({ login, storage, proxy: kind, byAddress }: Way): Promise<void> {
  const at = (server: { port: number }) => `https://registry.test:${server.port}`;
  await using bucket = await serveTls(TEST_CERTIFICATE, (_, response) => response.end(BLOB));
  await using gateway = await serveTls(TEST_CERTIFICATE, (_, response) => response.writeHead(307, { location: `${at(bucket)}/b` }).end());
  await using tokens = await serveTls(TEST_CERTIFICATE, (_, response) => response.end('{"token":"t0ken"}'));
  await using registry = await serveTls(TEST_CERTIFICATE, (request, response) => {
    if (request.url?.startsWith("/token") === true) return response.end('{"token":"t0ken"}');
    if (request.headers.authorization === undefined) {
      const realm = login === "own token server" ? `${at(registry)}/token` : `${at(tokens)}/token`;
      return response.writeHead(401, { "www-authenticate": login === "basic" ? 'Basic realm="r"' : `Bearer realm="${realm}"` }).end();
    }
    if (storage === "registry" || request.url === "/v2/") return response.end(BLOB);
    return response.writeHead(307, { location: `${at(storage === "two hops" ? gateway : bucket)}/b` }).end();
  });
  const names = Object.fromEntries([bucket, gateway, tokens, registry].map(({ port }) => [`registry.test:${port}`, `127.0.0.1:${port}`]));
  await using proxy = await startConnectProxy({ hosts: names, ...(kind === "https" ? { tls: LOCAL_CERTIFICATE } : {}) });
  await using client = openRegistry({
    url: at(registry),
    // Without a proxy nobody else knows the name.
    address: byAddress || kind === "none" ? "127.0.0.1" : undefined,
    ca: `${TEST_CERTIFICATE.cert}\n${LOCAL_CERTIFICATE.cert}`,
    credential: { username: "ci", password: PASSWORD },
    clientCertificate: CLIENT_CERTIFICATE,
    proxy: kind === "none" ? undefined : { url: proxy.url, credential: { username: "gate", password: PROXY_PASSWORD } },
    allowedHosts: ["registry.test"],
  });
  const read = await client.repository("a").readBlob(blob, { start: 0, end: blob.size });
  expect(Buffer.concat(await Array.fromAsync(read.bytes)).equals(BLOB)).toBe(true);

  const elsewhere = [...bucket.requests, ...gateway.requests, ...tokens.requests];
  expect(registry.requests.every(({ client: name }) => name === "transship-client")).toBe(true);
  expect(elsewhere.filter(({ client: name }) => name !== undefined)).toEqual([]);
  for (const { headers } of [...bucket.requests, ...gateway.requests]) expect(headers.authorization).toBeUndefined();
  for (const { headers } of [...registry.requests, ...elsewhere]) {
    expect(headers["proxy-authorization"]).toBeUndefined();
    for (const secret of PROXY_SECRETS) expect(JSON.stringify(headers)).not.toContain(secret);
  }
  checkProxy(
    proxy,
    kind,
    [registry, ...(login === "other token server" ? [tokens] : []), ...(storage === "registry" ? [] : [bucket])].length,
  );
}

/** Everything went through the proxy, and it was told nothing but where to and its own login. */
function checkProxy(proxy: ConnectProxy, kind: string, servers: number): void {
  if (kind === "none") {
    expect(proxy.tunnels).toEqual([]);
    return;
  }
  expect(new Set(proxy.tunnels.map(({ destination }) => destination)).size).toBeGreaterThanOrEqual(servers);
  expect(proxy.plain).toEqual([]);
  for (const { headers, sent } of proxy.tunnels) {
    expect(Object.keys(headers).sort()).toEqual(["connection", "host", "proxy-authorization"]);
    expect(headers["proxy-authorization"]).toBe(`Basic ${base64(`gate:${PROXY_PASSWORD}`)}`);
    for (const secret of REGISTRY_SECRETS) expect(JSON.stringify(headers)).not.toContain(secret);
    for (const secret of [...REGISTRY_SECRETS, ...PROXY_SECRETS]) expect(sent().includes(secret)).toBe(false);
  }
}
