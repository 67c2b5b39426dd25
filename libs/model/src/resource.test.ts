import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseResource } from "./resource.ts";

const endpoints = [{ url: "https://gz.test" }];
const instance = (spec: object, more: object = {}) => ({
  apiVersion: "transship/v1",
  kind: "Instance",
  metadata: { name: "gz" },
  spec: { region: "ap-guangzhou", endpoints, ...spec },
  ...more,
});
const rule = (spec: object) => ({
  apiVersion: "transship/v1",
  kind: "Rule",
  metadata: { name: "r" },
  spec: { source: { instance: "gz", namespace: "team0" }, targets: [{ instance: "sg" }], ...spec },
});

function issues(document: unknown): string[] {
  const result = parseResource(document);
  return "issues" in result ? result.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) : [];
}

describe("parseResource", () => {
  it("reads an instance and a rule and fills in what is absent", () => {
    expect(parseResource(instance({}))).toMatchObject({
      resource: {
        metadata: { name: "gz", labels: {} },
        spec: { provider: "registry", account: "default", endpoints: [{ network: "public" }] },
      },
    });
    expect(parseResource(rule({ source: { instance: "gz", repository: "app[0-9]+", tag: "v1\\..*" } }))).toMatchObject({
      resource: { spec: { overwrite: "always", enabled: true } },
    });
  });

  it.each([
    ["an unknown kind", { kind: "Instances" }, "kind: must be one of: Instance, Rule, Replication, Webhook, Agent"],
    ["a key with a typo", instance({ regoin: "x" }), "spec.regoin: unknown key `regoin`; did you mean `region`?"],
    [
      "a typo inside a list",
      instance({ endpoints: [{ url: "https://a.test", netwrok: "x" }] }),
      "spec.endpoints.0.netwrok: unknown key `netwrok`; did you mean `network`?",
    ],
    ["a typo at the top", { ...instance({}), metdata: {} }, "metdata: unknown key `metdata`; did you mean `metadata`?"],
    [
      "a typo in the limits",
      instance({ limits: { bytePerSecond: 1 } }),
      "spec.limits.bytePerSecond: unknown key `bytePerSecond`; did you mean `bytesPerSecond`?",
    ],
    [
      "a foreign key",
      rule({ nothingLikeIt: 1 }),
      "spec.nothingLikeIt: unknown key `nothingLikeIt`; known keys: description, source, repositories, tags, kinds, platforms, targets, overwrite, deletion, triggers, window, limits, priority, relay, conflict, agents, consent, enabled",
    ],
    [
      "a password in a URL",
      instance({ endpoints: [{ url: "https://u:p@a.test" }] }),
      "spec.endpoints.0.url: must not hold a user name or password; use spec.credential",
    ],
    [
      "a path in a URL",
      instance({ endpoints: [{ url: "https://a.test/team0" }] }),
      "spec.endpoints.0.url: must be scheme, host and port only; repositories go into the rule",
    ],
    ["no endpoint", instance({ endpoints: [] }), "spec.endpoints: needs at least one endpoint"],
    ["no target", rule({ targets: [] }), "spec.targets: needs at least one target"],
    [
      "a rule onto itself",
      rule({ targets: [{ instance: "sg" }, { instance: "gz" }] }),
      "spec.targets.1: copies gz onto itself; name another instance or another namespace",
    ],
  ])("refuses %s where it is", (_what, document, expected) => {
    expect(issues(document)).toEqual([expected]);
  });

  it("refuses schemes other than http and https, bad addresses and bad patterns", () => {
    expect(issues(instance({ endpoints: [{ url: "ftp://a.test" }] }))[0]).toContain("spec.endpoints.0.url");
    expect(issues(instance({ endpoints: [{ url: "https://a.test", address: "a.test" }] }))[0]).toBe(
      "spec.endpoints.0.address: must be an IP address",
    );
    expect(issues(rule({ source: { instance: "gz", tag: "v(" } }))[0]).toMatch(/^spec\.source\.tag: pattern "v\("/);
    expect(issues(rule({ overwrite: "sometimes" }))[0]).toContain("always, never");
  });

  it("says everything that is wrong at once", () => {
    expect(issues({ ...instance({ region: 5, colour: "red" }), metadata: { name: "GZ" } })).toHaveLength(3);
  });

  it("never throws", () => {
    const kind = fc.constantFrom("Instance", "Rule", "Other");
    return fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.record({ kind, metadata: fc.anything(), spec: fc.anything() })), (document) => {
        const result = parseResource(document);
        expect("issues" in result && result.issues.length > 0).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});
