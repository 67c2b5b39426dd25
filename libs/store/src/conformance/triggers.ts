import { MOST_SCOPE_ENTRIES, type ScopeEntry } from "@transship/model";
import { describe, expect, it } from "vitest";
import { at, type OpenStore, withExecution } from "./samples.ts";

const push = (repository: string, tag?: string): ScopeEntry => ({ repository, tag, digest: undefined, action: "push" });

/** Executions of a part of a source, and what is known of a rule's triggers. */
export function triggerConformance(openStore: OpenStore): void {
  describe("scopes", () => {
    it("keeps what an execution looks at; of one name the last entry holds", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const gone: ScopeEntry = { repository: "a", tag: "v1", digest: "sha256:1", action: "delete" };
      const opened = await store.executions.open(
        { id: "e2", rule: "r", trigger: "event", scope: [push("a", "v1"), push("b"), gone], hops: 2 },
        at(1),
      );
      expect(opened).toMatchObject({ outcome: "queued", execution: { trigger: "event", scoped: true, hops: 2 } });
      expect(await store.executions.scope("e2")).toEqual([gone, push("b")]);
      expect(await store.executions.scope("e1")).toBeUndefined();
      await expect(store.executions.scope("absent")).rejects.toMatchObject({ code: "NOT_FOUND" });
    });

    it("gathers in the one that waits, which a run of everything swallows", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const open = (id: string, scope?: ScopeEntry[], hops = 0) =>
        store.executions.open({ id, rule: "r", trigger: scope === undefined ? "poll" : "cascade", scope, hops }, at(1));
      await open("e2", [push("a", "v1")]);
      expect(await open("e3", [push("a", "v2")], 3)).toMatchObject({ outcome: "merged", execution: { id: "e2", hops: 3 } });
      expect(await store.executions.scope("e2")).toEqual([push("a", "v1"), push("a", "v2")]);
      expect(await open("e4")).toMatchObject({ outcome: "merged", execution: { id: "e2", trigger: "poll", scoped: false } });
      expect(await open("e5", [push("a", "v3")])).toMatchObject({ outcome: "merged", execution: { id: "e2", scoped: false } });
      expect(await store.executions.scope("e2")).toBeUndefined();
    });

    it("becomes a run of everything with too many entries", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const scope = Array.from({ length: MOST_SCOPE_ENTRIES }, (_, index) => push("a", `v${index}`));
      const opened = await store.executions.open({ id: "e2", rule: "r", trigger: "event", scope }, at(1));
      expect(opened.execution.scoped).toBe(true);
      const merged = await store.executions.open({ id: "e3", rule: "r", trigger: "event", scope: [push("b", "v0")] }, at(2));
      expect(merged.execution).toMatchObject({ id: "e2", scoped: false });
    });
  });

  describe("triggers", () => {
    it("remembers when everything was last looked at, and the last event", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      expect(await store.triggers.get("r")).toMatchObject({ lastFullAt: at(0).toISOString(), missed: 0 });
      await store.executions.open({ id: "e2", rule: "r", trigger: "event", scope: [push("a", "v1"), push("b")] }, at(1));
      await store.executions.open({ id: "e3", rule: "r", trigger: "retry", retryOf: "e1" }, at(2));
      expect(await store.triggers.get("r")).toMatchObject({
        lastFullAt: at(0).toISOString(),
        lastEventAt: at(1).toISOString(),
        lastEvent: "b",
      });
    });

    it("counts what was missed, and goes with its rule", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      const moment = (ms: number) => at(ms).toISOString();
      await store.triggers.scheduled("r", { schedule: "s", nextAt: moment(10) });
      await store.triggers.scheduled("r", {
        schedule: "s",
        nextAt: moment(40),
        dueAt: moment(30),
        missed: { count: 2, lastAt: moment(20) },
      });
      await store.triggers.scheduled("r", {
        schedule: "s",
        nextAt: moment(50),
        dueAt: moment(40),
        missed: { count: 1, lastAt: moment(40) },
      });
      await store.triggers.scheduled("r", { schedule: undefined, nextAt: undefined });
      expect(await store.triggers.list()).toEqual([
        {
          rule: "r",
          schedule: undefined,
          nextAt: undefined,
          lastDueAt: moment(40),
          missed: 3,
          lastMissedAt: moment(40),
          lastFullAt: moment(0),
          lastEventAt: undefined,
          lastEvent: undefined,
        },
      ]);
      await store.executions.advance("e1", "stopped", at(1));
      await store.topology.apply([{ delete: { kind: "Rule", name: "r" } }], { now: at(2) });
      await store.triggers.scheduled("r", { schedule: "s", nextAt: moment(10) });
      expect(await store.triggers.get("r")).toBeUndefined();
    });
  });
}
