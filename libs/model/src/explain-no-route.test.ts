import { describe, expect, it } from "vitest";
import type { AgentPlace } from "./agent.ts";
import { explainNoRoute } from "./explain-no-route.ts";
import type { Instance } from "./instance.ts";
import { type KnownReach, NO_REACH_KNOWN } from "./reach.ts";

const NOW = new Date("2026-11-21T10:00:20.000Z");

function instance(name: string, ...networks: string[]): Instance {
  const endpoints = networks.map((network) => ({ url: `https://${name}.${network}.test`, network }));
  return { name, labels: {}, spec: { provider: "registry", region: name, account: "default", endpoints }, createdAt: "", updatedAt: "" };
}

function agent(name: string, ...networks: string[]): AgentPlace {
  return { name, region: "r", border: undefined, networks };
}

const gz = instance("gz", "public", "vpc-gz");
const sg = instance("sg", "public", "vpc-sg");

describe("explainNoRoute", () => {
  it("names the networks on each side and who is there", () => {
    expect(explainNoRoute([], gz, sg, NO_REACH_KNOWN, NOW)).toBe("no agent is online");
    expect(explainNoRoute([agent("a", "idc")], gz, sg, NO_REACH_KNOWN, NOW)).toBe(
      "no agent reaches both gz and sg: a does not reach gz: it is in idc, and gz in public, vpc-gz, nor sg: it is in idc, and sg in public, vpc-sg",
    );
    expect(explainNoRoute([agent("a", "idc")], gz, gz, NO_REACH_KNOWN, NOW)).toBe(
      "no agent reaches gz: a does not reach gz: it is in idc, and gz in public, vpc-gz",
    );
  });

  it("names the missing link, since when and why", () => {
    const unreached = { reached: false, roundTripMs: undefined, why: "no connection in time", since: NOW.getTime() - 20_000 };
    const known: KnownReach = { of: (who, where) => (who === "gz-1" && where === "sg" ? unreached : undefined) };
    expect(explainNoRoute([agent("sg-1", "vpc-sg"), agent("gz-1", "vpc-gz", "public")], gz, sg, known, NOW)).toBe(
      "no agent reaches both gz and sg: gz-1 reaches gz (vpc-gz) but not sg: by public no connection in time, for 20 s; " +
        "sg-1 reaches sg (vpc-sg) but not gz: it is in vpc-sg, and gz in public, vpc-gz",
    );
  });

  it("tells of a few agents of a large fleet, those first that reach one side", () => {
    const fleet = [...Array(50).keys()].map((index) => agent(`idle-${index}`, "idc"));
    const words = explainNoRoute([...fleet, agent("sg-1", "vpc-sg")], gz, sg, NO_REACH_KNOWN, NOW);
    expect(words).toMatch(/^no agent reaches both gz and sg: sg-1 reaches sg \(vpc-sg\) but not gz/);
    expect(words).toMatch(/; and 45 more agents$/);
  });
});
