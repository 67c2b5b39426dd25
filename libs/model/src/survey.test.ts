import { describe, expect, it } from "vitest";
import type { Instance } from "./instance.ts";
import { parseResource } from "./resource.ts";
import type { RuleSpec } from "./rule.ts";
import { MOST_SURVEYED, namedInstances, surveyPlaces } from "./survey.ts";

function instance(name: string, region: string, border: string | undefined, ...networks: string[]): Instance {
  const endpoints = networks.map((network) => ({ url: `https://${name}.${network}.test`, network }));
  const spec = { provider: "registry" as const, region, account: "default", endpoints, ...(border === undefined ? {} : { border }) };
  return { name, labels: {}, spec, createdAt: "", updatedAt: "" };
}

function rule(source: string, target: string): { spec: RuleSpec } {
  const spec = { source: { instance: source }, targets: [{ instance: target }] };
  const parsed = parseResource({ apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r" }, spec });
  if (!("resource" in parsed) || parsed.resource.kind !== "Rule") throw new Error("no rule");
  return parsed.resource;
}

describe("a survey", () => {
  const here = { region: "sg", border: "intl", networks: ["vpc-sg", "public"] };

  it("is of instances that rules name", () => {
    const all = ["a", "b", "c"].map((name) => instance(name, "r", undefined, "public"));
    expect(namedInstances(all, [rule("a", "c"), rule("c", "a")]).map(({ name }) => name)).toEqual(["a", "c"]);
  });

  it("names what shares a network with the agent, nearest first", () => {
    const all = [
      instance("far", "gz", "cn", "public"),
      instance("border", "fra", "intl", "public"),
      instance("region", "sg", "intl", "public"),
      instance("home", "sg", "intl", "public", "vpc-sg"),
      instance("idc", "sg", "intl", "idc"),
    ];
    expect(surveyPlaces(here, all).map((place) => `${place.instance.name} ${place.endpoint.network}`)).toEqual([
      "home vpc-sg",
      "home public",
      "region public",
      "border public",
      "far public",
    ]);
  });

  it("leaves out what is reached by a secret only", () => {
    const bare = instance("home", "sg", "intl", "vpc-sg", "public");
    const endpoints = bare.spec.endpoints.map((endpoint, index) =>
      index === 0
        ? { ...endpoint, proxy: "http://proxy.test:3128", proxyCredential: { username: "u", password: "p" } }
        : { ...endpoint, clientCertificate: { certificate: "c", privateKey: "k" } },
    );
    expect(surveyPlaces(here, [{ ...bare, spec: { ...bare.spec, endpoints } }])).toEqual([]);
    expect(surveyPlaces(here, [bare])).toHaveLength(2);
  });

  it("is bounded, and leaves the farthest out", () => {
    const all = [...Array(200).keys()].map((index) => instance(`far-${index}`, "gz", "cn", "public"));
    const places = surveyPlaces(here, [...all, instance("home", "sg", "intl", "vpc-sg")]);
    expect(places).toHaveLength(MOST_SURVEYED);
    expect(places[0]?.instance.name).toBe("home");
  });
});
