import { describe, expect, it } from "vitest";
import type { InstanceSpec } from "./instance.ts";
import { subjectOfTag } from "./inventory.ts";
import { isRepositoryName } from "./names.ts";
import { relayFault, relayPlace } from "./relay.ts";
import { parseResource } from "./resource.ts";

const digest = `sha256:${"ab".repeat(32)}`;
const relay = { instance: "hub", namespace: "relay" };

describe("the place at a relay", () => {
  it("is made of the source and the digest, so that versions do not meet and rules may", () => {
    const place = relayPlace({ instance: "gz", repository: "team0/app" }, digest, relay);
    expect(place).toEqual({ instance: "hub", repository: "relay/gz/team0/app", tag: `relay-sha256-${"ab".repeat(32)}` });
    // Tags that begin with a digest belong to what has it.
    expect(subjectOfTag(place.tag)).toBeUndefined();
  });

  it("is a name that registries take, whatever the instance and repository are called", () => {
    for (const [instance, repository] of [
      ["a..b-", "x"],
      ["a", `${"b/".repeat(120)}c`],
      ["i".repeat(128), "r".repeat(255)],
    ] as const) {
      const place = relayPlace({ instance, repository }, `sha512:${"cd".repeat(64)}`, relay);
      expect(isRepositoryName(place.repository)).toBe(true);
      expect(place.tag).toMatch(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/);
    }
  });
});

describe("a rule's relay", () => {
  const spec = (account: string, border?: string, provider: InstanceSpec["provider"] = "registry"): InstanceSpec => ({
    provider,
    region: "r",
    account,
    endpoints: [],
    ...(border === undefined ? {} : { border }),
  });
  const faultWith = (hub: InstanceSpec) =>
    relayFault({ source: { instance: "gz" }, targets: [{ instance: "sg" }], relay }, (name) =>
      name === "hub" ? hub : name === "gz" ? spec("acme", "cn") : spec("other", "intl"),
    )?.message;

  it("belongs to the account and border of one of the sides", () => {
    expect(faultWith(spec("acme", "cn"))).toBeUndefined();
    expect(faultWith(spec("other", "cn"))).toBeUndefined();
    expect(faultWith(spec("third", "cn"))).toBe("hub belongs to account third, and neither gz nor sg does");
    expect(faultWith(spec("acme", "eu"))).toBe("hub is inside border eu, and neither gz nor sg is");
    expect(faultWith(spec("acme"))).toBe("hub is of no stated border, and neither gz nor sg is");
    expect(faultWith(spec("acme", "cn", "chartmuseum"))).toMatch(/can only be copied from/);
  });

  it("is a third instance", () => {
    const document = (instance: string) => ({
      apiVersion: "transship/v1",
      kind: "Rule",
      metadata: { name: "r" },
      spec: { source: { instance: "gz" }, targets: [{ instance: "sg" }], relay: { instance } },
    });
    expect(parseResource(document("sg"))).toMatchObject({ issues: [{ path: ["spec", "relay", "instance"] }] });
    expect(parseResource(document("hub"))).toMatchObject({ resource: { spec: { relay: { namespace: "relay" } } } });
  });
});
