import { writeFile } from "node:fs/promises";
import { type ConnectProxy, startConnectProxy } from "@transship/dev-registry";
import { openRegistry } from "@transship/oci";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { REAL_REGISTRY_USER, type RealRegistry } from "../registries/real-registry.ts";
import { CERTIFICATES } from "./stage/certificates.ts";
import { noise, pushImage, describe as tagOf } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { transship } from "./stage/transship.ts";

const GATE = { username: "gate", password: "open-sesame-c4n4ry" };
const ACCEPTED = `Basic ${Buffer.from(`${GATE.username}:${GATE.password}`).toString("base64")}`;

describe.skipIf(REAL_KINDS.length === 0)("registries are behind a proxy", { timeout: 120_000 }, () => {
  let site: Site;
  let source: RealRegistry;
  let target: RealRegistry;
  let proxy: ConnectProxy;
  /** What the proxy answers to somebody with the right login; undefined = a tunnel. */
  let refusal: number | undefined;
  /** Names that nobody but the proxy knows. */
  let names: { source: string; mirror: string; target: string };
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    site = opened.use(await openSite());
    const tls = { ...CERTIFICATES.registry, clientAuthority: CERTIFICATES.authority };
    [source, target] = await Promise.all([site.registry("from"), site.registry("to", REAL_KINDS[0], { auth: "basic", tls })]);
    names = { source: `source.test:${source.port}`, mirror: `mirror.test:${source.port}`, target: `registry.test:${target.port}` };
    const hosts = { [names.source]: source.host, [names.mirror]: source.host, [names.target]: target.host };
    proxy = opened.use(await startConnectProxy({ hosts, refuse: (_, authorization) => (authorization === ACCEPTED ? refusal : 407) }));
    for (const [file, text] of [
      ["ca.pem", CERTIFICATES.authority],
      ["agent.pem", CERTIFICATES.client.certificate],
      ["agent.key", CERTIFICATES.client.key],
      ["gate", GATE.password],
      ["password", REAL_REGISTRY_USER.password],
    ] as const)
      await writeFile(site.scratch.path(file), text);
    await pushImage(source.url, "team/app", "v1", [noise("large", 9_000_000), noise("small", 20_000)]);
    await site.agent("near", "here");
  }, 60_000);
  afterAll(() => opened.disposeAsync());

  /** The topology; `kept` leaves out every secret, `bare` the client certificate. */
  function documents({ kept = false, bare = false } = {}): string {
    const secret = (file: string) => (kept ? {} : { passwordFrom: { file } });
    const behind = { proxy: proxy.url, proxyCredential: { username: GATE.username, ...secret("gate") }, network: "public" };
    const clientCertificate = { certificateFile: "agent.pem", ...(kept ? {} : { keyFile: "agent.key" }) };
    const to = { url: `https://${names.target}`, caFile: "ca.pem", ...behind, ...(bare ? {} : { clientCertificate }) };
    const credential = { username: REAL_REGISTRY_USER.username, ...secret("password") };
    return topology(
      instance("from", "", "here", { endpoints: [{ url: `http://${names.source}`, ...behind }] }),
      instance("to", "", "here", { endpoints: [to], credential }),
      rule("over", { instance: "from", namespace: "team" }, [{ instance: "to", namespace: "copied" }]),
    );
  }

  it("and a rule copies from one to the other, through it alone, to a registry that demands a client certificate", async () => {
    await site.apply(documents());
    const { code, execution, stderr } = await site.run("over");
    expect([code, execution.status.state], stderr).toEqual([0, "succeeded"]);

    await using direct = openRegistry({
      url: `https://${names.target}`,
      address: "127.0.0.1",
      ca: CERTIFICATES.authority,
      credential: REAL_REGISTRY_USER,
      clientCertificate: { certificate: CERTIFICATES.client.certificate, privateKey: CERTIFICATES.client.key },
    });
    const arrived = await direct.repository("copied/app").resolve("v1");
    expect(arrived?.digest).toBe((await tagOf(source.url, "team/app", "v1")).digest);
    expect(new Set(proxy.tunnels.map(({ destination }) => destination))).toEqual(new Set([names.source, names.target]));
    const login = Buffer.from(`${REAL_REGISTRY_USER.username}:${REAL_REGISTRY_USER.password}`).toString("base64");
    for (const { headers, sent } of proxy.tunnels) {
      expect(Object.keys(headers).sort()).toEqual(["connection", "host", "proxy-authorization"]);
      for (const secret of [login, REAL_REGISTRY_USER.password, GATE.password]) expect(sent().includes(secret)).toBe(false);
    }
  });

  it("and its login and the certificate's key are kept, and shown to nobody", async () => {
    await site.apply(documents());
    await writeFile(site.scratch.path("kept.yaml"), documents({ kept: true }));
    const diff = await site.cli("diff", "-f", site.scratch.path("kept.yaml"));
    expect(diff.code, diff.stdout + diff.stderr).toBe(0);
    const shown = await Promise.all([
      site.cli("instance", "get", "to", "-o", "yaml"),
      site.cli("instance", "describe", "to"),
      site.cli("instance", "list", "-o", "wide"),
    ]);
    const text = shown.map(({ stdout }) => stdout).join("\n");
    expect(text).toContain(proxy.url);
    expect(text).toContain("BEGIN CERTIFICATE");
    expect(text).not.toMatch(/PRIVATE KEY|c4n4ry/);
  });

  it("and where it refuses, or the certificate is missing, `instance test` says who and what to do", async () => {
    await site.apply(documents());
    for (const [status, code, says] of [
      [403, "PROXY_REFUSED", /does not connect to registry\.test:\d+ \(it answered 403\)/],
      [502, "PROXY_FAILED", /the proxy cannot reach registry\.test:\d+ \(502\)/],
    ] as const) {
      refusal = status;
      proxy.cut();
      await expect.poll(() => proxy.open()).toBe(0);
      const { code: exit, stdout } = await site.cli("instance", "test", "to");
      refusal = undefined;
      expect([exit, stdout]).toEqual([1, expect.stringContaining(code)]);
      expect(stdout).toMatch(says);
      expect(stdout).toContain(`through the proxy ${proxy.host}`);
    }
    await site.apply(documents({ bare: true }));
    const bare = await site.cli("instance", "test", "to");
    expect([bare.code, bare.stdout]).toEqual([1, expect.stringContaining("wants a client certificate")]);
    await site.apply(documents());
    expect((await site.cli("instance", "test", "to")).stdout).toMatch(/\bok\b/);
  });

  it("and `copy` and `sync` without a server go by the environment's proxy", async () => {
    const http_proxy = proxy.url.replace("://", `://${GATE.username}:${GATE.password}@`);
    const env = { http_proxy, no_proxy: "", XDG_STATE_HOME: site.scratch.path("state") };
    const listed = await transship(["rule", "list", "-o", "name", "--server", site.server], {
      env: { ...env, http_proxy: "http://127.0.0.1:1" },
    });
    expect([listed.code, listed.stdout.trim()], listed.stderr).toEqual([0, "rule/over"]);
    const layout = `oci:${site.scratch.path("layout")}`;
    const copied = await transship(["copy", "--plain-http", `${names.source}/team/app:v1`, `${layout}:v1`], { env });
    expect(copied.code, copied.stderr).toBe(0);
    const direct = await transship(["copy", "--plain-http", `${names.source}/team/app:v1`, `${layout}:v1`], {
      env: { ...env, no_proxy: ".test" },
    });
    expect([direct.code, direct.stderr]).toEqual([6, expect.stringContaining("cannot be resolved")]);

    const file = site.scratch.path("sync.yaml");
    const [from, to] = [instance("from", `http://${names.source}`, "here"), instance("to", `http://${names.mirror}`, "here")];
    await writeFile(
      file,
      topology(from, to, rule("r", { instance: "from", namespace: "team" }, [{ instance: "to", namespace: "mirrored" }])),
    );
    const synced = await transship(["sync", "-f", file], { env });
    expect(synced.code, synced.stderr).toBe(0);
    expect((await tagOf(source.url, "mirrored/app", "v1")).digest).toBe((await tagOf(source.url, "team/app", "v1")).digest);
    expect(copied.stderr + direct.stderr + synced.stderr).not.toContain("c4n4ry");
  });
});
