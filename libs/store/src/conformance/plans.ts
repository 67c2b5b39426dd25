import { describe, expect, it } from "vitest";
import type { SavedItem } from "../plan-store.ts";
import { at, type OpenStore, task, withExecution } from "./samples.ts";

const sums = { copy: 1, skip: 0, unchanged: 5, bytes: 7, existingBytes: 0, repositories: 1, delete: 1, capped: 0 };

function item(tag: string): SavedItem {
  const { source, target, digest } = task(tag);
  return { source, target, digest, atTarget: "sha256:old", action: "copy", reason: "changed", bytes: 7, existingBytes: 0 };
}

/** Plans that are kept to be run later. */
export function planConformance(openStore: OpenStore): void {
  describe("saved plans", () => {
    it("are seen once they are whole, newest first, with their items page by page", async () => {
      await using store = await openStore();
      await store.plans.open({ id: "p1", rule: "r", ruleSpec: "{}" }, at(1));
      await store.plans.addPage("p1", 0, [item("1"), item("2")]);
      await store.plans.addPage("p1", 1, [item("3")]);
      await expect(store.plans.get("p1")).rejects.toMatchObject({ code: "NOT_FOUND", what: "plan p1" });
      expect(await store.plans.list({}, 9)).toEqual([]);
      await store.plans.finish("p1", sums);
      await store.plans.open({ id: "p2", rule: "s", ruleSpec: "{}" }, at(2));
      await store.plans.finish("p2", sums);
      expect(await store.plans.get("p1")).toEqual({ id: "p1", rule: "r", ruleSpec: "{}", createdAt: at(1).toISOString(), sums });
      expect((await store.plans.list({}, 9)).map(({ id }) => id)).toEqual(["p2", "p1"]);
      expect((await store.plans.list({ rule: "r" }, 9)).map(({ id }) => id)).toEqual(["p1"]);
      expect(await store.plans.page("p1", 0)).toEqual([item("1"), item("2")]);
      expect(await store.plans.page("p1", 1)).toEqual([item("3")]);
      expect(await store.plans.page("p1", 2)).toBeUndefined();
    });

    it("are forgotten with their items; executions of them stay", async () => {
      await using store = await openStore();
      await withExecution(store, "e0", "r");
      await store.plans.open({ id: "p1", rule: "r", ruleSpec: "{}" }, at(1));
      await store.plans.addPage("p1", 0, [item("1")]);
      await store.plans.finish("p1", sums);
      await store.executions.advance("e0", "stopped", at(1));
      await store.executions.open({ id: "e1", rule: "r", trigger: "manual", plan: "p1" }, at(1));
      await store.plans.forget(at(1));
      expect(await store.plans.list({}, 9)).toHaveLength(1);
      await store.plans.forget(at(2));
      expect(await store.plans.list({}, 9)).toEqual([]);
      expect(await store.plans.page("p1", 0)).toBeUndefined();
      expect(await store.executions.get("e1")).toMatchObject({ plan: "p1" });
    });
  });
}
