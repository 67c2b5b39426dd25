import { parseResource } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { PlacedResource } from "../topology/parse-topology.ts";
import { edgesInTurn } from "./edges-in-turn.ts";

function placed(kind: string, name: string, spec: object): PlacedResource {
  const result = parseResource({ apiVersion: "transship/v1", kind, metadata: { name }, spec });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return { resource: result.resource, issueAt: () => ({}) as never };
}

const file = { name: "t.yaml" } as Parameters<typeof edgesInTurn>[0];
const instance = (name: string, border = "cn") =>
  placed("Instance", name, { region: name, border, endpoints: [{ url: "http://127.0.0.1:1" }] });
const tree = placed("Replication", "tree", {
  primary: "gz",
  edges: [
    { from: "sh", to: "bj" },
    { from: "gz", to: "sh" },
  ],
  deletion: { propagate: true },
});
const rule = placed("Rule", "r", { source: { instance: "gz" }, targets: [{ instance: "bj", namespace: "x" }] });

describe("edgesInTurn", () => {
  it("runs rules and the edges of the primary first, then those below, and nothing by itself", () => {
    const { resources, names } = edgesInTurn(file, [instance("gz"), instance("sh"), instance("bj"), tree, rule]);
    expect(names).toEqual([["tree.sh", "r"], ["tree.bj"]]);
    const edge = resources.find(({ resource }) => resource.metadata.name === "tree.bj")?.resource;
    expect(edge).toMatchObject({ kind: "Rule", spec: { source: { instance: "sh" }, deletion: { propagate: true } } });
    expect(edge?.spec).not.toHaveProperty("triggers");
    expect(resources.some(({ resource }) => resource.kind === "Replication")).toBe(false);
  });

  it("refuses what a control plane would", () => {
    expect(() => edgesInTurn(file, [instance("gz"), instance("sh", "intl"), instance("bj"), tree])).toThrow(
      /replication never crosses a border/,
    );
  });

  it("leaves out what is disabled", () => {
    const off = placed("Rule", "off", { source: { instance: "gz" }, targets: [{ instance: "bj" }], enabled: false });
    expect(edgesInTurn(file, [instance("gz"), instance("bj"), off]).names).toEqual([]);
  });
});
