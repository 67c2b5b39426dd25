import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { agentSelectorSchema, explainUnselected, selectAgents, selectorText } from "./agent-selector.ts";

const a1 = { name: "a1", labels: { tier: "fast", rack: "7" } };
const a2 = { name: "a2", labels: { tier: "slow" } };
const a3 = { name: "a3", labels: {} };
const all = [a1, a2, a3];

describe("selectAgents", () => {
  it("lets all through without a selector", () => {
    expect(selectAgents(all, undefined)).toEqual(all);
  });

  it("asks for every label, and for one of the names", () => {
    expect(selectAgents(all, { labels: { tier: "fast" } })).toEqual([a1]);
    expect(selectAgents(all, { labels: { tier: "fast", rack: "8" } })).toEqual([]);
    expect(selectAgents(all, { names: ["a2", "a3"] })).toEqual([a2, a3]);
    expect(selectAgents(all, { names: ["a2", "a3"], labels: { tier: "slow" } })).toEqual([a2]);
  });

  it("takes no inherited property for a label", () => {
    expect(selectAgents([a3], { labels: { constructor: "Object" } })).toEqual([]);
    expect(explainUnselected([a3], { labels: { toString: "x" } })).toContain("a3 (no label toString)");
  });

  it("lets through exactly those of whom nothing lacks", () => {
    const label = fc.constantFrom("x", "y");
    const labels = fc.dictionary(fc.constantFrom("k", "l"), label);
    const agent = fc.record({ name: fc.constantFrom("a", "b", "c"), labels });
    const selector = fc.record({ labels, names: fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1 }) }, { requiredKeys: [] });
    fc.assert(
      fc.property(agent, selector, (one, wanted) => {
        const fits =
          (wanted.names === undefined || wanted.names.includes(one.name)) &&
          Object.entries(wanted.labels ?? {}).every(([key, value]) => one.labels[key] === value);
        expect(selectAgents([one], wanted).length).toBe(fits ? 1 : 0);
        expect(explainUnselected([one], wanted).endsWith("(fits)")).toBe(fits);
      }),
    );
  });
});

describe("explainUnselected", () => {
  it("names what each agent lacks", () => {
    expect(explainUnselected(all, { labels: { tier: "best" }, names: ["a1"] })).toBe(
      "the rule's `agents` asks for label tier=best, name a1; online: a1 (tier=fast); a2 (not named, tier=slow); a3 (not named, no label tier)",
    );
    expect(explainUnselected([], { names: ["a1"] })).toBe("the rule's `agents` asks for name a1, and no agent is online");
  });
});

describe("selectorText", () => {
  it("is the same for equal selectors", () => {
    expect(selectorText({ labels: { b: "2", a: "1" }, names: ["z", "y"] })).toBe(
      selectorText({ names: ["y", "z"], labels: { a: "1", b: "2" } }),
    );
  });
});

describe("the schema of a selector", () => {
  it("refuses one that asks for nothing, or for what is no name", () => {
    expect(agentSelectorSchema.safeParse({}).success).toBe(false);
    expect(agentSelectorSchema.safeParse({ labels: {} }).success).toBe(false);
    expect(agentSelectorSchema.safeParse({ names: [] }).success).toBe(false);
    expect(agentSelectorSchema.safeParse({ names: ["A b"] }).success).toBe(false);
    expect(agentSelectorSchema.safeParse({ tier: "fast" }).success).toBe(false);
    expect(agentSelectorSchema.safeParse({ labels: { tier: "fast" } }).success).toBe(true);
  });
});
