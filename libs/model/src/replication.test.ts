import { describe, expect, it } from "vitest";
import { edgeName, edgeRule, readEdgeName } from "./replication.ts";
import { parseResource } from "./resource.ts";
import { ruleSpecSchema } from "./rule.ts";

const document = (spec: object) => ({ apiVersion: "transship/v1", kind: "Replication", metadata: { name: "cn-tree" }, spec });
const issues = (spec: object) => {
  const result = parseResource(document(spec));
  return "issues" in result ? result.issues.map(({ path, message }) => `${path.join(".")}: ${message}`) : [];
};

describe("a replication document", () => {
  it("is read with what it leaves out", () => {
    expect(issues({ primary: "gz", edges: [{ from: "gz", to: "sh" }], deletion: { propagate: true }, sweep: "30m" })).toEqual([]);
  });

  it("is refused where its edges are no tree, at the edge", () => {
    expect(
      issues({
        primary: "gz",
        edges: [
          { from: "gz", to: "sh" },
          { from: "xx", to: "bj" },
        ],
      }),
    ).toEqual(["spec.edges.1: xx is neither the primary nor reached from it"]);
    expect(issues({ primary: "gz", edges: [] })).toEqual(["spec.edges: needs at least one edge"]);
  });
});

describe("edgeRule", () => {
  const replication = { name: "cn-tree", labels: { team: "infra" }, createdAt: "a", updatedAt: "b" };

  it("is a rule that a person could have written, of everything, by events", () => {
    const spec = {
      primary: "gz",
      edges: [],
      sweep: 60_000,
      priority: 3,
      deletion: { propagate: true, maxCount: 20, maxShare: 10 },
      enabled: false,
    };
    const rule = edgeRule({ ...replication, spec }, { from: "sh", to: "bj", limits: { bytesPerSecond: 9 } });
    expect(rule.name).toBe("cn-tree:bj");
    expect(rule.edge).toEqual({ replication: "cn-tree", from: "sh", to: "bj" });
    expect(ruleSpecSchema.parse({ ...rule.spec, triggers: { events: true } })).toEqual({ ...rule.spec, triggers: { events: true } });
    expect(rule.spec).toMatchObject({
      triggers: { events: true, poll: 60_000 },
      priority: 3,
      limits: { bytesPerSecond: 9 },
      enabled: false,
    });
  });

  it("has a name that no rule has, and that can be read", () => {
    expect(readEdgeName(edgeName("cn-tree", "bj"))).toEqual({ replication: "cn-tree", replica: "bj" });
    expect(readEdgeName("cn-tree")).toBeUndefined();
    expect(parseResource({ ...document({}), kind: "Rule", metadata: { name: "cn-tree:bj" } })).toHaveProperty("issues");
  });
});
