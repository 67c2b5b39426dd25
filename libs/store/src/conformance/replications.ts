import { parseResource, type Resource } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { Store } from "../store.ts";
import { at, FAILURE, instance, type OpenStore, rule } from "./samples.ts";

type Edge = { readonly from: string; readonly to: string };

function replication(name: string, ...edges: Edge[]): Resource {
  const spec = { primary: edges[0]?.from, edges };
  const result = parseResource({ apiVersion: "transship/v1", kind: "Replication", metadata: { name }, spec });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.resource;
}

const TO_SH: Edge = { from: "gz", to: "sh" };
const TO_BJ: Edge = { from: "sh", to: "bj" };

async function plant(store: Store, now = at(0), ...edges: Edge[]): Promise<void> {
  const resources = [...["gz", "sh", "bj"].map((name) => instance(name)), replication("cn-tree", ...edges)];
  await store.topology.apply(
    resources.map((resource) => ({ apply: resource })),
    { now },
  );
}

/** Replications, and how their edges do. */
export function replicationConformance(openStore: OpenStore): void {
  describe("replications", () => {
    it("are kept, switched and deleted; instances that they name are not", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH, TO_BJ);
      expect((await store.topology.listReplications()).map(({ name, spec }) => [name, spec.primary])).toEqual([["cn-tree", "gz"]]);
      await expect(store.topology.apply([{ delete: { kind: "Instance", name: "bj" } }], { now: at(1) })).rejects.toMatchObject({
        code: "CONFLICT",
        message: "deleting instance bj: replication cn-tree names it",
      });
      expect((await store.topology.setReplicationEnabled("cn-tree", false, at(2))).spec.enabled).toBe(false);
      await store.topology.apply([{ delete: { kind: "Replication", name: "cn-tree" } }], { now: at(3) });
      await expect(store.topology.getReplication("cn-tree")).rejects.toMatchObject({ code: "NOT_FOUND" });
      expect(await store.topology.listEdges()).toEqual([]);
    });

    it("can be run edge by edge, beside rules", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH, TO_BJ);
      await store.topology.apply([{ apply: instance("sg") }, { apply: rule("gz-to-sg") }], { now: at(0) });
      expect((await store.topology.listRunnables()).map(({ name }) => name)).toEqual(["gz-to-sg", "cn-tree:sh", "cn-tree:bj"]);
      expect((await store.topology.listRules()).map(({ name }) => name)).toEqual(["gz-to-sg"]);
      expect((await store.topology.getRunnable("cn-tree:bj")).edge).toEqual({ replication: "cn-tree", from: "sh", to: "bj" });
      await expect(store.topology.getRunnable("cn-tree:sg")).rejects.toMatchObject({ code: "NOT_FOUND" });
      await expect(store.executions.open({ id: "e0", rule: "cn-tree:sg", trigger: "fill" }, at(1))).rejects.toMatchObject({
        code: "NOT_FOUND",
      });
      await store.executions.open({ id: "e1", rule: "cn-tree:bj", trigger: "fill" }, at(1));
      expect(await store.triggers.get("cn-tree:bj")).toMatchObject({ lastFullAt: at(1).toISOString() });
    });
  });

  describe("an edge", () => {
    const end = async (store: Store, id: string, state: "succeeded" | "failed" | "stopped", ms: number, tags?: string[]) => {
      const scope = tags?.map((tag) => ({ repository: "a", tag, digest: undefined, action: "push" as const }));
      await store.executions.open({ id, rule: "cn-tree:sh", trigger: "event", scope }, at(ms));
      await store.executions.advance(id, "copying", at(ms));
      await store.executions.advance(id, state, at(ms + 1), state === "failed" ? FAILURE : undefined);
      return (await store.topology.listEdges("cn-tree")).find(({ replica }) => replica === "sh");
    };

    it("is filled when a run of everything succeeded, and stays so", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH);
      expect(await end(store, "e1", "succeeded", 10, ["v1"])).toMatchObject({
        source: "gz",
        createdAt: at(0).toISOString(),
        filledAt: undefined,
      });
      expect(await end(store, "e2", "stopped", 20)).toMatchObject({ filledAt: undefined });
      expect(await end(store, "e3", "succeeded", 30)).toMatchObject({ filledAt: at(31).toISOString() });
      expect(await end(store, "e4", "succeeded", 40)).toMatchObject({ filledAt: at(31).toISOString() });
    });

    it("fails from the first run that did until a run of everything succeeds, and is tried again later each time", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH);
      const first = await end(store, "e1", "failed", 10, ["v1"]);
      expect(first).toMatchObject({ failingSince: at(10).toISOString(), repairAt: at(60_011).toISOString() });
      expect(await end(store, "e2", "failed", 20)).toMatchObject({
        failingSince: at(10).toISOString(),
        repairAt: at(120_021).toISOString(),
      });
      expect(await store.topology.repairNow(at(25))).toBe(true);
      expect(await store.topology.listEdges()).toMatchObject([{ repairAt: at(25).toISOString() }]);
      expect(await store.topology.repairNow(at(26))).toBe(false);
      expect(await end(store, "e3", "succeeded", 30, ["v2"])).toMatchObject({ failingSince: at(10).toISOString() });
      expect(await end(store, "e4", "succeeded", 40)).toMatchObject({ failingSince: undefined, repairAt: undefined });
      expect(await end(store, "e5", "failed", 50)).toMatchObject({
        failingSince: at(50).toISOString(),
        repairAt: at(60_051).toISOString(),
      });
    });

    it("is neither filled nor made good by tasks that were done again", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH);
      await end(store, "e1", "failed", 10, ["v1"]);
      await store.executions.open({ id: "e2", rule: "cn-tree:sh", trigger: "retry", retryOf: "e1" }, at(20));
      await store.executions.advance("e2", "copying", at(20));
      await store.executions.advance("e2", "succeeded", at(21));
      expect(await store.topology.listEdges()).toMatchObject([{ filledAt: undefined, failingSince: at(10).toISOString() }]);
    });

    it("begins anew when it leads from another instance, and is left alone by other changes", async () => {
      await using store = await openStore();
      await plant(store, at(0), TO_SH, TO_BJ);
      await end(store, "e1", "succeeded", 10);
      await plant(store, at(20), TO_SH, { from: "gz", to: "bj" });
      expect(await store.topology.listEdges()).toMatchObject([
        { replica: "bj", source: "gz", createdAt: at(20).toISOString() },
        { replica: "sh", source: "gz", filledAt: at(11).toISOString() },
      ]);
      await plant(store, at(30), { from: "gz", to: "bj" }, { from: "bj", to: "sh" });
      expect(await store.topology.listEdges()).toMatchObject([
        { replica: "bj", createdAt: at(20).toISOString() },
        { replica: "sh", source: "bj", createdAt: at(30).toISOString(), filledAt: undefined },
      ]);
      expect(await store.triggers.get("cn-tree:sh")).toBeUndefined();
    });
  });
}
