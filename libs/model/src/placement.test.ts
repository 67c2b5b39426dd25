import { describe, expect, it } from "vitest";
import type { AgentPlace } from "./agent.ts";
import type { Instance } from "./instance.ts";
import { endpointFor, explainNoRoute, rankForCopy, rankForInstance } from "./placement.ts";

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
    expect(endpointFor({ networks: ["public", "vpc-gz"] }, gz)?.network).toBe("vpc-gz");
    expect(endpointFor({ networks: ["public"] }, gz)?.network).toBe("public");
    expect(endpointFor({ networks: ["idc"] }, gz)).toBeUndefined();
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
    expect(ranked[2]?.why).toBe("c-region is in region ap-singapore of sg");
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

describe("explainNoRoute", () => {
  it("names the networks on each side and who is there", () => {
    expect(explainNoRoute([], gz, sg)).toBe("no agent is online");
    expect(explainNoRoute([agent("a", "r", undefined, "idc")], gz, sg)).toBe(
      "no agent is in a network of gz (public, vpc-gz) and in one of sg (public, vpc-sg); online: a (idc)",
    );
    expect(explainNoRoute([agent("a", "r", undefined, "idc")], gz, gz)).toBe(
      "no agent is in a network of gz (public, vpc-gz); online: a (idc)",
    );
  });
});
