import { describe, expect, it } from "vitest";
import type { Instance } from "./instance.ts";
import type { Rule } from "./rule.ts";
import { holdersFor, MOST_SIBLINGS, mayHaveNearer, siblingsFor } from "./siblings.ts";

function instance(name: string, more: Partial<Instance["spec"]> = {}, network = "public"): Instance {
  const endpoints = [{ url: `https://${name}.test`, network }];
  return {
    name,
    labels: {},
    spec: { provider: "registry", region: name, account: "default", endpoints, ...more },
    createdAt: "",
    updatedAt: "",
  };
}

function rule(source: string, targets: readonly string[], enabled = true): Rule {
  const spec = {
    source: { instance: source },
    targets: targets.map((name) => ({ instance: name })),
    overwrite: "always" as const,
    enabled,
  };
  return { name: `${source} to ${targets}`, labels: {}, spec, createdAt: "", updatedAt: "" };
}

function names(rules: readonly Rule[], instances: readonly Instance[], [source, target] = ["gz", "sg"]): string[] {
  const known = new Map(instances.map((one) => [one.name, one]));
  const [from, to] = [known.get(source ?? ""), known.get(target ?? "")];
  if (from === undefined || to === undefined) throw new Error("no such instance");
  return siblingsFor({ name: "a1", networks: ["public"] }, from, to, rules, known).map(({ instance: { name } }) => name);
}

const gz = instance("gz");
const sg = instance("sg");

describe("the siblings of a task", () => {
  it("are other targets of rules with its source and sources of rules with its target, never those two themselves", () => {
    const instances = [gz, sg, instance("fra"), instance("sh"), instance("elsewhere")];
    const rules = [rule("gz", ["sg", "fra"]), rule("sh", ["sg"]), rule("elsewhere", ["fra"])];
    expect(names(rules, instances)).toEqual(["fra", "sh"]);
  });

  it("are none of another account's, also where source and target belong to two", () => {
    const foreign = instance("fra", { account: "other" });
    expect(names([rule("gz", ["sg", "fra"])], [gz, sg, foreign])).toEqual([]);
    const rules = [rule("gz", ["fra", "sg"])];
    expect(names(rules, [gz, sg, foreign], ["gz", "fra"])).toEqual([]);
  });

  it("are only such as the agent reaches, of enabled rules, and that exist", () => {
    const rules = [rule("gz", ["sg", "hidden", "gone"]), rule("gz", ["off"], false)];
    expect(names(rules, [gz, sg, instance("hidden", {}, "idc"), instance("off")])).toEqual([]);
  });

  it("are no chart repositories, and are those of charts that come from one", () => {
    const charts = instance("charts", { provider: "chartmuseum" });
    const rules = [rule("gz", ["sg"]), rule("charts", ["sg", "fra"])];
    expect(names(rules, [gz, sg, charts, instance("fra")])).toEqual([]);
    expect(names(rules, [gz, sg, charts, instance("fra")], ["charts", "sg"])).toEqual(["fra", "gz"]);
  });

  it("lie inside the border of the source or of the target", () => {
    const borders = [instance("gz", { border: "cn" }), instance("sg", { border: "intl" }), instance("sh", { border: "cn" })];
    const more = [instance("fra", { border: "intl" }), instance("nowhere"), instance("eu", { border: "eu" })];
    expect(names([rule("gz", ["sg", "sh", "fra", "nowhere", "eu"])], [...borders, ...more])).toEqual(["fra", "sh"]);
  });

  it("are a few: those in the target's region first, then those inside its border", () => {
    const far = ["a1", "a2", "a3"].map((name) => instance(name));
    const border = { border: "intl" };
    const instances = [
      gz,
      instance("sg", { ...border, region: "ap" }),
      instance("y", border),
      instance("z", { ...border, region: "ap" }),
      ...far,
    ];
    const found = names([rule("gz", ["sg", "a1", "a2", "a3", "y", "z"])], instances);
    expect(found).toEqual(["z", "y", "a1"]);
    expect(found).toHaveLength(MOST_SIBLINGS);
  });
});

describe("those who may have an artifact", () => {
  const eu = { region: "eu", border: "intl" };
  const from = instance("gz", { border: "cn" });
  const to = instance("sg", { region: "ap", border: "intl" });

  function holders(others: readonly Instance[], who: readonly string[], source = from): string[] {
    const known = new Map([source, to, ...others].map((one) => [one.name, one]));
    const held = who.map((name) => ({ instance: name, repository: `${name}/app` }));
    return holdersFor({ name: "a1", networks: ["public"] }, source, to, held, known).flatMap(({ instance: { name }, repositories }) =>
      repositories.map((repository) => `${name} ${repository}`),
    );
  }

  it("are named with their repositories, the nearest to the target first, a few of them", () => {
    const others = [
      instance("a", { border: "cn" }),
      instance("b", { border: "cn" }),
      instance("c", eu),
      instance("d", { ...eu, region: "ap" }),
    ];
    expect(holders(others, ["a", "b", "c", "d"])).toEqual(["d d/app", "c c/app", "a a/app"]);
    expect(holders(others, ["c", "c"])).toEqual(["c c/app", "c c/app"]);
  });

  it("are neither end of the copy, none that is gone, and none that the agent does not reach", () => {
    expect(holders([instance("hidden", eu, "idc")], ["gz", "sg", "gone", "hidden"])).toEqual([]);
  });

  it("are none of another account's, none beyond a border that the copy does not cross, and no chart repositories", () => {
    const charts = instance("charts", { ...eu, provider: "chartmuseum" });
    expect(
      holders([instance("theirs", { ...eu, account: "other" }), instance("us", { border: "us" }), charts], ["theirs", "us", "charts"]),
    ).toEqual([]);
    const foreign = instance("gz", { border: "cn", account: "other" });
    expect(holders([instance("c", eu), instance("f", { ...eu, account: "other" })], ["c", "f"], foreign)).toEqual([]);
  });

  it("are none farther from the target than the source is", () => {
    const inside = instance("gz", { region: "us", border: "intl" });
    expect(holders([instance("c", eu), instance("far", { region: "x", border: "intl" })], ["c", "far"], inside)).toHaveLength(2);
    const beside = instance("gz", { region: "ap", border: "intl" });
    expect(holders([instance("c", eu)], ["c"], beside)).toEqual([]);
    expect([mayHaveNearer(from, to), mayHaveNearer(inside, to), mayHaveNearer(beside, to)]).toEqual([true, true, false]);
    expect(mayHaveNearer(instance("gz", { account: "other" }), to)).toBe(false);
  });
});
