import { describe, expect, it } from "vitest";
import { at, instance, type OpenStore, rule, withExecution } from "./samples.ts";

/** Instances and rules. */
export function topologyConformance(openStore: OpenStore): void {
  describe("topology", () => {
    it("creates, configures, leaves and deletes, in the order of the changes", async () => {
      await using store = await openStore();
      const first = await store.topology.apply([{ apply: rule("r") }, { apply: instance("gz") }, { apply: instance("sg") }], {
        now: at(0),
      });
      expect(first.map((change) => `${change.kind} ${change.name} ${change.outcome}`)).toEqual([
        "Rule r created",
        "Instance gz created",
        "Instance sg created",
      ]);
      const second = await store.topology.apply(
        [{ apply: instance("gz") }, { apply: instance("sg", "ap-singapore") }, { delete: { kind: "Rule", name: "r" } }],
        { now: at(1000) },
      );
      expect(second.map((change) => change.outcome)).toEqual(["unchanged", "configured", "deleted"]);
      expect(await store.topology.getInstance("gz")).toMatchObject({ createdAt: at(0).toISOString(), updatedAt: at(0).toISOString() });
      const sg = await store.topology.getInstance("sg");
      expect(sg).toEqual({
        name: "sg",
        labels: {},
        spec: instance("sg", "ap-singapore").spec,
        createdAt: at(0).toISOString(),
        updatedAt: at(1000).toISOString(),
      });
      expect((await store.topology.listInstances()).map(({ name }) => name)).toEqual(["gz", "sg"]);
      expect(await store.topology.listRules()).toEqual([]);
    });

    it("keeps nothing of a dry run, but says the same", async () => {
      await using store = await openStore();
      const changes = [{ apply: instance("gz") }, { apply: instance("sg") }, { apply: rule("r") }];
      const dry = await store.topology.apply(changes, { now: at(0), dryRun: true });
      expect(await store.topology.listInstances()).toEqual([]);
      expect(await store.topology.apply(changes, { now: at(0) })).toEqual(dry);
      await expect(store.topology.apply([{ apply: rule("s", "nowhere") }], { now: at(0), dryRun: true })).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
    });

    it("applies all or nothing", async () => {
      await using store = await openStore();
      const changes = [{ apply: instance("gz") }, { delete: { kind: "Instance" as const, name: "absent" } }];
      await expect(store.topology.apply(changes, { now: at(0) })).rejects.toMatchObject({ code: "NOT_FOUND", what: "instance absent" });
      await expect(store.topology.apply([{ apply: instance("gz") }, { apply: rule("r") }], { now: at(0) })).rejects.toMatchObject({
        code: "NOT_FOUND",
        what: "instance sg",
      });
      expect(await store.topology.listInstances()).toEqual([]);
    });

    it("keeps an instance that rules name, and names the rules; both can go in one step, in any order", async () => {
      await using store = await openStore();
      const topology = [instance("gz"), instance("sg"), rule("b"), rule("a", "sg", "gz")].map((apply) => ({ apply }));
      await store.topology.apply(topology, { now: at(0) });
      const remove = (kind: "Instance" | "Rule", name: string) => ({ delete: { kind, name } });
      await expect(store.topology.apply([remove("Instance", "sg")], { now: at(1) })).rejects.toMatchObject({
        code: "CONFLICT",
        message: "deleting instance sg: rule a, rule b name it",
      });
      await store.topology.apply([remove("Instance", "sg"), remove("Rule", "a"), remove("Rule", "b")], { now: at(1) });
      expect((await store.topology.listInstances()).map(({ name }) => name)).toEqual(["gz"]);
    });

    it("lets go of an instance that a rule no longer names", async () => {
      await using store = await openStore();
      await store.topology.apply(
        [instance("gz"), instance("sg"), instance("sh"), rule("r")].map((apply) => ({ apply })),
        { now: at(0) },
      );
      await store.topology.apply([{ apply: rule("r", "gz", "sh") }, { delete: { kind: "Instance", name: "sg" } }], { now: at(1) });
      expect((await store.topology.getRule("r")).spec.targets).toEqual([{ instance: "sh", namespace: "mirror" }]);
    });

    it("keeps a rule while an execution of it is unfinished; executions outlive the rule", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const remove = [{ delete: { kind: "Rule" as const, name: "r" } }];
      await expect(store.topology.apply(remove, { now: at(1) })).rejects.toMatchObject({
        code: "CONFLICT",
        why: "its execution e1 is queued",
      });
      await store.executions.advance("e1", "stopped", at(2));
      await store.topology.apply(remove, { now: at(3) });
      expect((await store.executions.get("e1")).rule).toBe("r");
    });

    it("tells those who watch of each change that is kept, before the call returns, until they end", async () => {
      await using store = await openStore();
      let told = 0;
      const watch = store.topology.watch(() => {
        told += 1;
      });
      await withExecution(store, "e1", "r");
      expect(told).toBe(1);
      await store.topology.apply([{ apply: instance("bj") }], { now: at(1), dryRun: true });
      await expect(store.topology.apply([{ delete: { kind: "Rule", name: "r" } }], { now: at(1) })).rejects.toThrow();
      expect(told).toBe(1);
      await store.topology.setRuleEnabled("r", false, at(2));
      expect(told).toBe(2);
      watch[Symbol.dispose]();
      await store.topology.setRuleEnabled("r", true, at(3));
      expect(told).toBe(2);
    });

    it("enables and disables a rule", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      expect(await store.topology.setRuleEnabled("r", false, at(5))).toMatchObject({
        spec: { enabled: false },
        updatedAt: at(5).toISOString(),
      });
      expect((await store.topology.setRuleEnabled("r", false, at(6))).updatedAt).toBe(at(5).toISOString());
      expect(await store.topology.getRule("r")).toMatchObject({ spec: { enabled: false, source: { instance: "gz" } } });
      await expect(store.topology.setRuleEnabled("absent", true, at(7))).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.topology.getRule("absent")).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.topology.getInstance("absent")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });
  });
}
