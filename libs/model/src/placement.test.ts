import { describe, expect, it } from "vitest";
import type { AgentPlace } from "./agent.ts";
import type { Instance } from "./instance.ts";
import { endpointFor, rankForCopy, rankForInstance } from "./placement.ts";
import type { KnownReach, Reach } from "./reach.ts";

function instance(name: string, region: string, border: string | undefined, ...networks: string[]): Instance {
  const endpoints = networks.map((network) => ({ url: `https://${name}.${network}.test`, network }));
  const spec = { provider: "registry" as const, region, account: "default", endpoints, ...(border === undefined ? {} : { border }) };
  return { name, labels: {}, spec, createdAt: "", updatedAt: "" };
}

function agent(name: string, region: string, border: string | undefined, ...networks: string[]): AgentPlace {
  return { name, region, border, networks };
}

const gz = instance("gz", "ap-guangzhou", "cn", "public", "vpc-gz");
const sg = instance("sg", "ap-singapore", "intl", "public", "vpc-sg");

describe("endpointFor", () => {
  it("takes a private network before the public one, and none where none is shared", () => {
    expect(endpointFor(agent("a", "r", undefined, "public", "vpc-gz"), gz)?.network).toBe("vpc-gz");
    expect(endpointFor(agent("a", "r", undefined, "public"), gz)?.network).toBe("public");
    expect(endpointFor(agent("a", "r", undefined, "idc"), gz)).toBeUndefined();
  });
});

describe("rankForCopy", () => {
  it("puts the agent nearest the target first: network, region, border, the rest; then by name", () => {
    const agents = [
      agent("e-source", "ap-guangzhou", "cn", "public", "vpc-gz"),
      agent("d-border", "eu-1", "intl", "public"),
      agent("c-region", "ap-singapore", "intl", "public"),
      agent("b-network", "anywhere", undefined, "public", "vpc-sg"),
      agent("a-network", "anywhere", undefined, "public", "vpc-sg"),
    ];
    const ranked = rankForCopy(agents, gz, sg);
    expect(ranked.map(({ agent: { name }, rank }) => `${name} ${rank}`)).toEqual([
      "a-network 0",
      "b-network 0",
      "c-region 1",
      "d-border 2",
      "e-source 3",
    ]);
    expect(ranked[4]).toMatchObject({
      source: { network: "vpc-gz" },
      target: { network: "public" },
      why: expect.stringContaining("ap-guangzhou"),
    });
    expect(ranked[2]?.why).toBe("agent c-region: same region as sg (public); source gz by public");
  });

  it("leaves out agents that reach one side only", () => {
    const oneSided = [agent("a", "ap-singapore", "intl", "vpc-sg"), agent("b", "ap-guangzhou", "cn", "vpc-gz")];
    expect(rankForCopy(oneSided, gz, sg)).toEqual([]);
    expect(rankForInstance(oneSided, sg).map((candidate) => candidate.agent.name)).toEqual(["a"]);
  });

  it("takes two agents without a border for no neighbours", () => {
    const nowhere = instance("x", "r1", undefined, "public");
    expect(rankForCopy([agent("a", "r2", undefined, "public")], nowhere, nowhere)[0]?.rank).toBe(3);
  });
});

/** Who reaches what, by `agent instance network`: a round trip in milliseconds, or why not. */
function knowing(found: Readonly<Record<string, number | string>>): KnownReach {
  return {
    of: (who, where, url): Reach | undefined => {
      const it = found[`${who} ${where} ${new URL(url).host.split(".")[1]}`];
      if (it === undefined) return undefined;
      const reached = typeof it === "number";
      return { reached, roundTripMs: reached ? it : undefined, why: reached ? undefined : it, since: 0 };
    },
  };
}

describe("what agents found", () => {
  const near = agent("near", "ap-singapore", "intl", "public", "vpc-sg");
  const far = agent("far", "eu-1", "intl", "public");

  it("takes the next endpoint where one is not reached, and no agent that reaches none", () => {
    const detour = knowing({ "near sg vpc-sg": "no connection in time" });
    expect(endpointFor(near, sg, detour)?.network).toBe("public");
    const [first] = rankForCopy([near, far], gz, sg, detour);
    expect(first).toMatchObject({ agent: near, rank: 1, target: { network: "public" } });
    expect(first?.why).toBe("agent near: same region as sg (public, since it does not reach vpc-sg); source gz by public");
    const unused = knowing({ "near sg public": "no connection in time" });
    expect(rankForCopy([near], gz, sg, unused)[0]?.why).toBe("agent near: same region as sg (private network vpc-sg); source gz by public");
    const cut = knowing({ "near sg vpc-sg": "cut", "near sg public": "cut" });
    expect(rankForCopy([near, far], gz, sg, cut).map((candidate) => candidate.agent.name)).toEqual(["far"]);
  });

  it("says by which endpoints, and how far it is", () => {
    const known = knowing({ "near sg vpc-sg": 0.42, "near gz public": 61.7 });
    expect(rankForCopy([near], gz, sg, known)[0]?.why).toBe(
      "agent near: same region as sg (private network vpc-sg, 0.4 ms); source gz by public, 62 ms",
    );
  });

  it("orders equals by round trip, those of one place sharing, and lets who has not measured yet share too", () => {
    const agents = ["a", "b", "c", "d"].map((name) => agent(name, "eu-1", "intl", "public"));
    const known = knowing({ "a sg public": 240, "b sg public": 31, "c sg public": 24 });
    const ranked = rankForCopy(agents, gz, sg, known);
    expect(ranked.map(({ agent: { name }, rank }) => `${name} ${rank}`)).toEqual(["b 2", "c 2", "d 2", "a 2.3"]);
  });

  it("never lets a round trip outweigh a nearer place", () => {
    const known = knowing({ "near sg vpc-sg": 900, "far sg public": 1 });
    expect(rankForCopy([far, near], gz, sg, known)[0]?.agent).toBe(near);
    const both = knowing({ "near sg vpc-sg": 9e9, "b sg vpc-sg": 0.1, "far sg public": 1 });
    const ranked = rankForCopy([far, near, { ...near, name: "b" }], gz, sg, both);
    expect(ranked.map((candidate) => candidate.agent.name)).toEqual(["b", "near", "far"]);
  });
});
