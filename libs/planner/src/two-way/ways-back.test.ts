import type { Rule, RuleSpec } from "@transship/model";
import { describe, expect, it } from "vitest";
import { bothSaySource } from "./facing-rules.ts";
import { RuleGraph } from "./rule-graph.ts";
import { WaysBack } from "./ways-back.ts";

function rule(name: string, source: RuleSpec["source"], target: RuleSpec["targets"][number], more: Partial<RuleSpec> = {}): Rule {
  const spec: RuleSpec = { source, targets: [target], overwrite: "always", enabled: true, ...more };
  return { name, labels: {}, spec, createdAt: "", updatedAt: "" };
}

const out = rule("out", { instance: "a", namespace: "team" }, { instance: "b", namespace: "mirror" });
const home = (more: Partial<RuleSpec> = {}, source: Partial<RuleSpec["source"]> = {}, target: Partial<RuleSpec["targets"][number]> = {}) =>
  rule("home", { instance: "b", namespace: "mirror", ...source }, { instance: "a", namespace: "team", ...target }, more);
const there = { instance: "b", repository: "mirror/x/app" };
const here = { instance: "a", repository: "team/x/app" };
const names = (rules: readonly Rule[], tag = "v1") =>
  new WaysBack(out, new RuleGraph(rules)).find(there, here, tag)?.rules.map(({ name }) => name);

describe("ways back", () => {
  it("lead through a rule that brings the target's place to the source's", () => {
    expect(names([out, home()])).toEqual(["home"]);
  });

  it.each([
    ["is disabled", home({ enabled: false })],
    ["never overwrites", home({ overwrite: "never" })],
    ["begins in another namespace", home({}, { namespace: "other" })],
    ["leads to another namespace", home({}, {}, { namespace: "other" })],
    ["drops a part of the name", home({}, {}, { flatten: 1 })],
    ["gives it another name", home({}, {}, { repository: "x-{{name}}" })],
    ["takes another repository", home({}, { repository: "y/.*" })],
    ["excludes the repository", home({ repositories: { exclude: ["x/.*"] } })],
    ["takes other tags", home({}, { tag: "v2" })],
    ["excludes the tag", home({ tags: { exclude: ["v1"] } })],
    ["leads to another instance", home({}, {}, { instance: "c" })],
  ])("do not lead through a rule that %s", (_why, other) => {
    expect(names([out, other])).toBeUndefined();
  });

  it("lead through mapped names that fit together", () => {
    const mapped = rule(
      "out",
      { instance: "a", namespace: "team" },
      { instance: "b", namespace: "all", flatten: "all", repository: "x-{{repository}}" },
    );
    const back = rule("home", { instance: "b", repository: "all/x-app" }, { instance: "a", repository: "team/x/app" });
    const ways = new WaysBack(mapped, new RuleGraph([mapped, back]));
    expect(ways.find({ instance: "b", repository: "all/x-app" }, here, "v1")?.rules).toEqual([back]);
    expect(ways.find({ instance: "b", repository: "all/x-app" }, { ...here, repository: "team/y/app" }, "v1")).toBeUndefined();
  });

  it("lead through several rules, by the shortest way", () => {
    const on = rule("on", { instance: "b" }, { instance: "c" });
    const back = rule("back", { instance: "c", namespace: "mirror" }, { instance: "a", namespace: "team" });
    expect(names([out, on, back])).toEqual(["on", "back"]);
    expect(names([out, on, back, home()])).toEqual(["home"]);
    expect(names([out, on])).toBeUndefined();
  });

  it("know at once where no rule can lead back", () => {
    expect(
      new WaysBack(
        out,
        new RuleGraph([out, rule("on", { instance: "b" }, { instance: "c" }), rule("in", { instance: "d" }, { instance: "a" })]),
      ).any,
    ).toBe(false);
  });

  it("take tags of signatures along, whatever the names that are selected", () => {
    expect(names([out, home({}, { tag: "v1" })], `sha256-${"0".repeat(64)}.sig`)).toEqual(["home"]);
  });
});

describe("rules that contradict each other", () => {
  const saying = (rule: Rule): Rule => ({ ...rule, spec: { ...rule.spec, conflict: "source" } });

  it("are found by examples of what both take", () => {
    expect(bothSaySource([saying(out), saying(home())])?.map(({ name }) => name)).toEqual(["out", "home"]);
    const one = rule("one", { instance: "a", repository: "x/app-[0-9]", tag: "stable" }, { instance: "b" });
    const literal = rule("two", { instance: "b", repository: "x/app-7", tag: "stable" }, { instance: "a" });
    expect(bothSaySource([saying(one), saying(literal)])?.map(({ name }) => name)).toEqual(["two", "one"]);
  });

  it("are none where one leaves it to the other, is disabled, or the circle is longer", () => {
    expect(bothSaySource([saying(out), home()])).toBeUndefined();
    expect(bothSaySource([saying(out), saying(home({ enabled: false }))])).toBeUndefined();
    const on = rule("on", { instance: "b" }, { instance: "c" });
    const back = rule("back", { instance: "c", namespace: "mirror" }, { instance: "a", namespace: "team" });
    expect(bothSaySource([out, on, back].map(saying))).toBeUndefined();
  });
});
