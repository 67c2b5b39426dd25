import { parseResource, type Resource, type Rule } from "@transship/model";
import { openSqliteStore, type TopologyChange } from "@transship/store";
import { expect, it } from "vitest";
import { KnownTopology } from "./known-topology.ts";

function apply(document: object): TopologyChange {
  const parsed = parseResource({ apiVersion: "transship/v1", ...document }) as { readonly resource?: Resource };
  if (parsed.resource === undefined) throw new Error(JSON.stringify(parsed));
  return { apply: parsed.resource };
}

const instance = (name: string) =>
  apply({ kind: "Instance", metadata: { name }, spec: { region: "x", endpoints: [{ url: `https://${name}.test` }] } });
const rule = (name: string, source: string, target: string, more: object = {}) =>
  apply({ kind: "Rule", metadata: { name }, spec: { source: { instance: source }, targets: [{ instance: target }], ...more } });
const options = { now: new Date("2026-01-01T00:00:00Z") };

it("is read once, and again after each change that was kept", async () => {
  await using store = await openSqliteStore({ memory: true });
  await store.topology.apply([instance("a"), instance("b"), rule("r", "a", "b", { triggers: { events: true } })], options);
  let reads = 0;
  const counted = {
    listInstances: () => store.topology.listInstances(),
    listRunnables: () => {
      reads += 1;
      return store.topology.listRunnables();
    },
    watch: (changed: () => void) => store.topology.watch(changed),
  };
  using topology = new KnownTopology(counted);
  const first = await topology.current();
  expect(first.eventRulesAt("a").map(({ name }) => name)).toEqual(["r"]);
  await store.topology.apply([instance("c")], { ...options, dryRun: true });
  expect(await topology.current()).toBe(first);
  expect(reads).toBe(1);
  await store.topology.setRuleEnabled("r", false, options.now);
  expect((await topology.current()).eventRulesAt("a")).toEqual([]);
  await store.topology.apply([instance("c")], options);
  expect((await topology.current()).instances.has("c")).toBe(true);
  expect(reads).toBe(3);
});

it("is read once more where it changed while it was read, and after a failure", async () => {
  const told: (() => void)[] = [];
  let failing = true;
  const names = [["old"], ["new"]];
  using topology = new KnownTopology({
    listInstances: async () => [],
    listRunnables: async () => {
      if (failing) throw new Error("of this test");
      if (names.length === 2) told[0]?.();
      return (names.shift() ?? []).map((name) => ({ name, labels: {}, createdAt: "", updatedAt: "", spec: ruleSpec }));
    },
    watch: (changed) => {
      told.push(changed);
      return { [Symbol.dispose]: () => undefined };
    },
  });
  await expect(topology.current()).rejects.toThrow("of this test");
  failing = false;
  await topology.current();
  expect([...(await topology.current()).rules.keys()]).toEqual(["new"]);
});

const ruleSpec: Rule["spec"] = { source: { instance: "a" }, targets: [{ instance: "b" }], overwrite: "always", enabled: true };

it("knows instances that may have what is copied: of rules that begin at the source or end at the target", async () => {
  await using store = await openSqliteStore({ memory: true });
  const rules = [rule("ab", "a", "b"), rule("ac", "a", "c"), rule("db", "d", "b"), rule("ef", "e", "f")];
  await store.topology.apply([..."abcdef"].map(instance).concat(rules), options);
  using topology = new KnownTopology(store.topology);
  const known = await topology.current();
  const [a, b] = [known.instances.get("a"), known.instances.get("b")];
  if (a === undefined || b === undefined) throw new Error("not stored");
  const inPublic = { head: { name: "x", networks: ["public"] } };
  const siblings = known.siblingsFor(inPublic, a, b);
  expect(siblings.map((place) => place.instance.name)).toEqual(["c", "d"]);
  expect(known.siblingsFor(inPublic, a, b)).toBe(siblings);
  expect(known.siblingsFor({ head: { name: "y", networks: ["lan"] } }, a, b)).toEqual([]);
});
