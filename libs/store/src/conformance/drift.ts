import { type DriftCheck, type DriftItem, parseResource, type Resource } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { at, instance, type OpenStore, rule, task, withExecution } from "./samples.ts";

const SUBJECT = { kind: "replication", name: "tree" } as const;

/** What checks of replicas found. */
export function driftConformance(openStore: OpenStore): void {
  describe("drift", () => {
    it("keeps the last check of each replica with its differences, however many they are", async () => {
      await using store = await openStore();
      await withTree(store, ["sg", "bj"]);
      const many = Array.from({ length: 120 }, (_, index) => item(`t${String(index).padStart(3, "0")}`));
      await store.drift.record(check("sg", 120), many, undefined);
      await store.drift.record(check("bj", 0), [], undefined);
      expect(await store.drift.items(SUBJECT, "sg")).toEqual(many);
      const later = { ...check("sg", 1), checkedAt: at(9).toISOString(), behindSince: undefined };
      const whole = { ...item("v1"), digest: undefined, taskId: "t", executionId: "e", code: "TIMED_OUT" } as const;
      await store.drift.record(later, [whole], undefined);
      expect(await store.drift.items(SUBJECT, "sg")).toEqual([whole]);
      expect(await store.drift.checks()).toEqual([check("bj", 0), later]);
      expect(await store.drift.checks({ kind: "rule", name: "tree" })).toEqual([]);
    });

    it("forgets it with the edge, and remembers nothing of an edge that went while it was checked", async () => {
      await using store = await openStore();
      await withTree(store, ["sg", "bj"]);
      await store.drift.record(check("sg", 1), [item("v1")], undefined);
      await store.drift.record(check("bj", 1), [item("v1")], undefined);
      await store.topology.apply([{ apply: tree(["bj"]) }], { now: at(2) });
      await store.drift.record(check("sg", 1), [item("v1")], undefined);
      expect(await store.drift.checks(SUBJECT)).toEqual([check("bj", 1)]);
      expect(await store.drift.items(SUBJECT, "sg")).toEqual([]);
      await store.topology.apply([{ delete: { kind: "Replication", name: "tree" } }], { now: at(3) });
      expect(await store.drift.checks()).toEqual([]);
    });

    it("forgets it with the rule", async () => {
      await using store = await openStore();
      await store.topology.apply(
        [instance("gz"), instance("sg"), rule("r")].map((apply) => ({ apply })),
        { now: at(0) },
      );
      const ofRule: DriftCheck = { ...check("sg", 1), subject: { kind: "rule", name: "r" } };
      await store.drift.record(ofRule, [item("v1")], undefined);
      expect(await store.drift.checks()).toEqual([ofRule]);
      await store.topology.apply([{ delete: { kind: "Rule", name: "r" } }], { now: at(1) });
      expect(await store.drift.checks()).toEqual([]);
      expect(await store.drift.items(ofRule.subject, "sg")).toEqual([]);
    });

    it("posts the event of a check in its transaction", async () => {
      await using store = await openStore();
      await withTree(store, ["sg"]);
      const spec = { url: "https://hooks.test/", secret: "0123456789abcdef", events: ["drift.found"] };
      await store.topology.apply([{ apply: parsed({ apiVersion: "transship/v1", kind: "Webhook", metadata: { name: "w" }, spec }) }], {
        now: at(0),
      });
      const event = { id: "1", type: "drift.found", rule: "tree:sg", body: "{}" } as const;
      expect(await store.drift.record(check("sg", 1), [item("v1")], event)).toEqual(["w"]);
      expect(await store.deliveries.due(at(9))).toMatchObject([{ type: "drift.found", body: "{}" }]);
    });
  });

  describe("tasks by their target", () => {
    it("finds the newest with its rule, and all of a place, newest first", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.executions.open({ id: "e2", rule: "gz-to-sg", trigger: "manual" }, at(0));
      await store.tasks.add([task("1"), task("2")], at(0));
      await store.tasks.add([{ ...task("1", "e2"), id: "1b" }], at(1));
      const place = task("1").target;
      const found = await store.tasks.newestAt([place, task("2").target, { ...place, instance: "bj" }]);
      expect(found.map(({ task: { id }, rule: by }) => [id, by])).toEqual([
        ["1b", "gz-to-sg"],
        ["2", "gz-to-sg"],
      ]);
      expect((await store.tasks.at(place, 9)).map(({ task: { id } }) => id)).toEqual(["1b", "1"]);
      expect(await store.tasks.at(place, 1)).toHaveLength(1);
      expect(await Promise.all(["1", "2", "1b"].map((id) => store.tasks.waitingBefore(id)))).toEqual([0, 1, 0]);
    });
  });
}

function parsed(document: unknown): Resource {
  const result = parseResource(document);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.resource;
}

function tree(replicas: readonly string[]): Resource {
  const spec = { primary: "gz", edges: replicas.map((to) => ({ from: "gz", to })) };
  return parsed({ apiVersion: "transship/v1", kind: "Replication", metadata: { name: "tree" }, spec });
}

async function withTree(store: Store, replicas: readonly string[]): Promise<void> {
  const resources = [instance("gz"), ...replicas.map((name) => instance(name)), tree(replicas)];
  await store.topology.apply(
    resources.map((apply) => ({ apply })),
    { now: at(0) },
  );
}

function check(replica: string, missing: number): DriftCheck {
  const behindSince = missing === 0 ? undefined : at(1).toISOString();
  return { subject: SUBJECT, replica, checkedAt: at(5).toISOString(), equal: 7, missing, different: 0, extra: 0, behindSince };
}

function item(tag: string): DriftItem {
  const digest = `sha256:${"0".repeat(64)}`;
  const why = { reason: "unknown", explanation: "nothing told of it yet", edge: "tree:sg" } as const;
  const none = { atReplica: undefined, taskId: undefined, executionId: undefined, code: undefined };
  return {
    kind: "missing",
    repository: "team/app",
    tag,
    sourceRepository: "team/app",
    digest,
    since: at(1).toISOString(),
    ...why,
    ...none,
  };
}
