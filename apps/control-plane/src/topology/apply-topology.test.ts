import type { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { apply, call, instance, rule, startTest } from "../testing/test-control-plane.ts";

const endpoint = (url: string) => ({ url, network: "public", address: "", ca: "" });
const withPassword = (password: string, more: Partial<wire.InstanceSpec> = {}, username = "u") =>
  instance("gz", { credential: { username, password }, ...more });
const outcomes = ({ changes }: wire.ApplyResponse) => changes.map(({ resource, outcome }) => [resource?.kind, resource?.name, outcome]);
const [CREATED, CONFIGURED, UNCHANGED, DELETED] = [1, 2, 3, 4];

describe("apply", () => {
  it("creates, tells what changed, and leaves what is the same", async () => {
    await using plane = await startTest();
    expect(outcomes(await apply(plane.client))).toEqual([
      ["Instance", "gz", CREATED],
      ["Instance", "sg", CREATED],
      ["Rule", "r", CREATED],
    ]);
    const changed = await apply(plane.client, { resources: [instance("gz", { region: "north" }), instance("sg"), rule("r")] });
    expect(changed.changes[0]).toMatchObject({
      outcome: CONFIGURED,
      fields: [{ path: "spec.region", before: '"gz"', after: '"north"' }],
    });
    expect(changed.changes.slice(1).map(({ outcome }) => outcome)).toEqual([UNCHANGED, UNCHANGED]);
  });

  it("keeps limits, shows them, and tells which of them changed", async () => {
    await using plane = await startTest();
    const limits = { bytesPerSecond: 52_428_800, requestsPerSecond: 0.5, connections: 16 };
    await apply(plane.client, { resources: [instance("gz", { limits })] });
    const { instances } = plane.client;
    const shown = await call(plane.client, instances, instances.getInstance, { name: "gz" });
    expect(shown.resource?.spec?.limits).toEqual(limits);
    const again = await apply(plane.client, {
      resources: [{ kind: { $case: "instance", value: shown.resource as wire.InstanceResource } }],
    });
    expect(outcomes(again)).toEqual([["Instance", "gz", UNCHANGED]]);
    const slower = await apply(plane.client, {
      resources: [instance("gz", { limits: { ...limits, bytesPerSecond: 1000, connections: 0 } })],
    });
    expect(slower.changes[0]?.fields).toEqual([
      { path: "spec.limits.bytesPerSecond", before: "52428800", after: "1000" },
      { path: "spec.limits.connections", before: "16", after: "" },
    ]);
    const negative = apply(plane.client, { resources: [instance("gz", { limits: { ...limits, requestsPerSecond: -1 } })] });
    await expect(negative).rejects.toThrow(/spec.limits.requestsPerSecond: must be above zero/);
  });

  it("refuses rules that face each other and both say that their source wins, also beside stored ones", async () => {
    await using plane = await startTest();
    const source = { instance: "sg", namespace: "mirror", repository: "", tag: "" };
    const back = { source, targets: [{ instance: "gz", namespace: "team", repository: "", flatten: 0 }], conflict: "source" };
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { conflict: "source" })] });
    await expect(apply(plane.client, { resources: [rule("home", back)] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
      message: expect.stringContaining("home and r bring the same tags to each other and both say conflict: source"),
    });
    await apply(plane.client, { resources: [rule("home", { ...back, conflict: "stop" })] });
    await apply(plane.client, { resources: [rule("r"), rule("home", back)] });
    await apply(plane.client, { resources: [rule("home", { ...back, enabled: false }), rule("r", { conflict: "source" })] });
  });

  it("keeps nothing of a dry run, and nothing of a request with a mistake", async () => {
    await using plane = await startTest();
    const { instances } = plane.client;
    expect(outcomes(await apply(plane.client, { dryRun: true }))).toHaveLength(3);
    const bad = [
      instance("gz"),
      instance("sg", { region: "" }),
      rule("r", { source: { instance: "gz", namespace: "UPPER", repository: "(", tag: "" } }),
    ];
    const refused = apply(plane.client, { resources: bad });
    await expect(refused).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(refused).rejects.toThrow(/sg: spec.region: .*r: spec.source.namespace: .*r: spec.source.repository: /);
    expect(await call(plane.client, instances, instances.listInstances, {})).toEqual({ instances: [] });
  });

  it("refuses rules without their instances, instances that rules need, and a name twice", async () => {
    await using plane = await startTest();
    await expect(apply(plane.client, { resources: [rule("r")] })).rejects.toMatchObject({ code: "NOT_FOUND" });
    await apply(plane.client);
    const deletion = apply(plane.client, { resources: [], deletes: [{ kind: "Instance", name: "gz" }] });
    await expect(deletion).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(deletion).rejects.toThrow(/rule r names it/);
    await expect(apply(plane.client, { resources: [instance("x"), instance("x")] })).rejects.toThrow(/Instance\/x occurs twice/);
    await expect(apply(plane.client, { resources: [], deletes: [{ kind: "Pod", name: "x" }] })).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
  });

  it("refuses rules that do not go with the kinds of their instances, also where the instance comes later", async () => {
    await using plane = await startTest();
    const charts = instance("gz", { provider: "chartmuseum" });
    const source = { instance: "gz", namespace: "", repository: "", tag: "" };
    await expect(apply(plane.client, { resources: [charts, instance("sg"), rule("r", { source })] })).rejects.toThrow(
      /rule r: spec\.source\.charts: charts of a ChartMuseum repository have no OCI form.*set source\.charts: asOci/,
    );
    await apply(plane.client);
    await expect(apply(plane.client, { resources: [charts] })).rejects.toThrow(/rule r: spec\.source\.charts/);
    await expect(apply(plane.client, { resources: [instance("sg", { provider: "chartmuseum" })] })).rejects.toThrow(/only be copied from/);
    const asOci = rule("r", { source: { ...source, charts: "asOci" } });
    await expect(apply(plane.client, { resources: [asOci] })).rejects.toThrow(/is for chart repositories/);
    expect(outcomes(await apply(plane.client, { resources: [charts, asOci] }))).toEqual([
      ["Instance", "gz", CONFIGURED],
      ["Rule", "r", CONFIGURED],
    ]);
    const { rules } = plane.client;
    expect((await call(plane.client, rules, rules.getRule, { name: "r" })).resource?.spec?.source).toEqual({ ...source, charts: "asOci" });
    expect(outcomes(await apply(plane.client, { resources: [instance("gz")], deletes: [{ kind: "Rule", name: "r" }] }))).toHaveLength(2);
  });

  it("prunes what is not named", async () => {
    await using plane = await startTest();
    await apply(plane.client);
    const pruned = await apply(plane.client, { resources: [instance("gz")], prune: true });
    expect(outcomes(pruned)).toEqual([
      ["Instance", "gz", UNCHANGED],
      ["Rule", "r", DELETED],
      ["Instance", "sg", DELETED],
    ]);
  });

  it("keeps a password that is left out, and never shows one", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [withPassword("first-secret")] });
    expect(outcomes(await apply(plane.client, { resources: [withPassword("")] }))).toEqual([["Instance", "gz", UNCHANGED]]);
    const changed = await apply(plane.client, { resources: [withPassword("second-secret", {}, "v")] });
    expect(changed.changes[0]?.fields.map(({ path }) => path)).toEqual(["spec.credential.username", "spec.credential.password"]);
    const shown = await call(plane.client, plane.client.instances, plane.client.instances.getInstance, { name: "gz" });
    expect(shown.resource?.spec?.credential).toEqual({ username: "v", password: "" });
    const removed = await apply(plane.client, { resources: [instance("gz")] });
    expect(removed.changes[0]?.fields[0]?.path).toBe("spec.credential");
    expect(JSON.stringify([changed, shown, removed, plane.logged])).not.toMatch(/(first|second)-secret/);
  });

  it("keeps a proxy's password and a certificate's key that are left out, for what they were given for only, and shows neither", async () => {
    await using plane = await startTest();
    const behind = (password: string, key: string, more: Partial<wire.Endpoint> = {}, proxy = "http://proxy.example:3128") => {
      const certificate = { certificate: "-----BEGIN CERTIFICATE-----", privateKey: key };
      const reached = { proxy: { url: proxy, credential: { username: "gate", password } }, clientCertificate: certificate };
      return instance("gz", { endpoints: [{ ...endpoint("https://gz.example"), ...reached, ...more }] });
    };
    await expect(apply(plane.client, { resources: [behind("", "")] })).rejects.toThrow(
      /proxyCredential.password.*clientCertificate.privateKey/,
    );
    const created = await apply(plane.client, { resources: [behind("proxy-secret", "key-secret")] });
    expect(outcomes(await apply(plane.client, { resources: [behind("", "")] }))).toEqual([["Instance", "gz", UNCHANGED]]);
    for (const strange of [
      behind("", "key-secret", {}, "http://thief.example:3128"),
      behind("", "key-secret", { ca: "-----BEGIN CERTIFICATE-----" }),
      behind("proxy-secret", "", { url: "https://thief.example" }),
      behind("proxy-secret", "", { address: "192.0.2.1" }),
      behind("proxy-secret", "", {}, "http://thief.example:3128"),
      behind("proxy-secret", "", { clientCertificate: { certificate: "-----BEGIN CERTIFICATE-----2", privateKey: "" } }),
    ]) {
      await expect(apply(plane.client, { resources: [strange] })).rejects.toThrow(/must be given again/);
    }
    const changed = await apply(plane.client, { resources: [behind("proxy-secret-2", "key-secret-2")] });
    expect(changed.changes[0]?.fields).toEqual([
      { path: "spec.endpoints.0.proxyCredential.password", before: '"(hidden)"', after: '"(hidden)"' },
      { path: "spec.endpoints.0.clientCertificate.privateKey", before: '"(hidden)"', after: '"(hidden)"' },
    ]);
    const shown = await call(plane.client, plane.client.instances, plane.client.instances.getInstance, { name: "gz" });
    expect(shown.resource?.spec?.endpoints[0]).toMatchObject({
      proxy: { url: "http://proxy.example:3128", credential: { username: "gate", password: "" } },
      clientCertificate: { certificate: "-----BEGIN CERTIFICATE-----", privateKey: "" },
    });
    const removed = await apply(plane.client, { resources: [instance("gz", { endpoints: [endpoint("https://gz.example")] })] });
    expect(JSON.stringify([created, changed, shown, removed, plane.logged])).not.toMatch(/(proxy|key)-secret/);
  });

  it("lets no stored password go through a proxy that it was not given for", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [withPassword("s3cret")] });
    const proxied = { ...endpoint("https://gz.example"), proxy: { url: "http://thief.example" } };
    await expect(apply(plane.client, { resources: [withPassword("", { endpoints: [proxied] })] })).rejects.toThrow(/must be given again/);
  });

  it("lets no stored password go to a URL that it was not given for", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [withPassword("s3cret")] });
    const strange = [
      withPassword("", { endpoints: [endpoint("https://thief.example")] }),
      withPassword("", { endpoints: [endpoint("https://gz.example"), endpoint("https://thief.example")] }),
      withPassword("", { endpoints: [{ ...endpoint("https://gz.example"), address: "192.0.2.1" }] }),
      withPassword("", {}, "other"),
    ];
    for (const resource of strange) {
      await expect(apply(plane.client, { resources: [resource] })).rejects.toThrow(/password must be given again/);
    }
    expect(
      outcomes(await apply(plane.client, { resources: [withPassword("new", { endpoints: [endpoint("https://b.example")] })] })),
    ).toEqual([["Instance", "gz", CONFIGURED]]);
  });
});
