import { edgeStateFromMessage, wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, instance, rule, startTest, type TestControlPlane, until } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

type Edge = readonly [from: string, to: string];
const GZ_SH: Edge = ["gz", "sh"];
const SH_BJ: Edge = ["sh", "bj"];

function replication(name: string, primary: string, edges: readonly Edge[], more: Partial<wire.ReplicationSpec> = {}): wire.Resource {
  const spec = {
    description: "",
    primary,
    edges: edges.map(([from, to]) => ({ from, to })),
    sweepMs: 0,
    priority: 0,
    consent: [],
    enabled: true,
    ...more,
  };
  return { kind: { $case: "replication", value: { name, labels: {}, spec } } };
}

const INSTANCES = ["gz", "sh", "bj"].map((name) => instance(name));

/** The states of the edges of `tree`, by replica. */
async function states({ client }: TestControlPlane): Promise<Record<string, unknown>> {
  const found = await call(client, client.replications, client.replications.getReplication, { name: "tree" });
  return Object.fromEntries(found.edges.map(({ to, state }) => [to, edgeStateFromMessage(state)]));
}

const inStep = (plane: TestControlPlane) =>
  until("all edges in step", async () => Object.values(await states(plane)).every((state) => state === "in-step"));

describe("a replication", () => {
  it("fills every replica when it is applied, the far ones too, and says so", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "infra/base:v2": 2 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [...INSTANCES, replication("tree", "gz", [GZ_SH, SH_BJ])] });
    await until("everything at bj", () => world.at("bj").size === 2);
    await inStep(plane);
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_edge_lag_seconds{replication="tree",replica="bj"} 0');
    expect(metrics).toContain('transship_edges{state="in-step"} 2');
    const { executions } = await call(plane.client, plane.client.executions, plane.client.executions.listExecutions, {
      rule: "tree:bj",
      state: wire.ExecutionState.UNSPECIFIED,
      pageSize: 0,
      pageToken: "",
    });
    expect(new Set(executions.map(({ trigger }) => trigger)).isSubsetOf(new Set(["fill", "cascade"]))).toBe(true);
  });

  it("takes deletions down the whole tree where it says so", async () => {
    await using plane = await startTest();
    const world = new World();
    for (let tag = 0; tag < 20; tag++) world.push("gz", { [`team/app:v${tag}`]: tag });
    using _agent = new FakeAgent({ address: plane.address, world });
    const deletion = { propagate: true, maxCount: 20, maxSharePercent: 10 };
    await apply(plane.client, { resources: [...INSTANCES, replication("tree", "gz", [GZ_SH, SH_BJ], { deletion })] });
    await until("everything at bj", () => world.at("bj").size === 20);
    await inStep(plane);
    world.at("gz").delete("team/app:v3");
    await call(plane.client, plane.client.replications, plane.client.replications.runReplication, { name: "tree", replicas: ["sh"] });
    await until("the deletion at bj", () => !world.at("bj").has("team/app:v3"));
    expect(world.at("bj").size).toBe(19);
  });

  it("stops what runs for an edge that is taken away or led from elsewhere, and deletes nothing there", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    world.push("bj", { "own/thing:v1": 9 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({ address: plane.address, world, work: (task) => void held.push(task) });
    await apply(plane.client, { resources: [...INSTANCES, replication("tree", "gz", [GZ_SH, ["gz", "bj"]])] });
    await until("both tasks", () => held.length === 2);
    await apply(plane.client, { resources: [replication("tree", "gz", [GZ_SH])] });
    const gone = held.find(({ target }) => target?.instance === "bj");
    await until("the cancel of the task to bj", () => agent.heardOf("cancel").some(({ lease }) => lease?.taskId === gone?.lease?.taskId));
    expect([...world.at("bj").keys()]).toEqual(["own/thing:v1"]);
    expect(await states(plane)).toEqual({ sh: "filling" });

    await apply(plane.client, {
      resources: [
        replication("tree", "gz", [
          ["gz", "bj"],
          ["bj", "sh"],
        ]),
      ],
    });
    const moved = held.find(({ target }) => target?.instance === "sh");
    await until("the cancel of the task to sh", () => agent.heardOf("cancel").some(({ lease }) => lease?.taskId === moved?.lease?.taskId));
  });

  it("is failing while something lacks, and tries again by itself", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    await apply(plane.client, { resources: [...INSTANCES, replication("tree", "gz", [GZ_SH])] });
    await until("a failure without agents", async () => (await states(plane)).sh === "failing");
    const found = await call(plane.client, plane.client.replications, plane.client.replications.getReplication, { name: "tree" });
    expect(found.edges[0]?.failure?.code).toBe("NO_ROUTE");
    // An agent that comes may be what was lacking: nobody waits for the minute to pass.
    using _agent = new FakeAgent({ address: plane.address, world });
    await until("the copy", () => world.at("sh").get("team/app:v1") === fakeDigest(1));
    await inStep(plane);
  });

  it("gets another primary only when that one lacks nothing, or by force", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [...INSTANCES, replication("tree", "gz", [GZ_SH, SH_BJ])] });
    await inStep(plane);
    world.push("gz", { "team/app:v2": 2 });
    const { replications } = plane.client;
    const promote = (replica: string, force = false) =>
      call(plane.client, replications, replications.promoteReplica, { name: "tree", replica, force });
    await expect(promote("bj")).rejects.toMatchObject({ code: "REPLICA_INCOMPLETE", message: expect.stringContaining("team/app:v2") });
    await expect(promote("gz")).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(promote("sg")).rejects.toMatchObject({ code: "NOT_FOUND" });
    const { replication: turned, compared } = await promote("bj", true);
    expect(compared).toBe(0);
    expect(turned?.resource?.spec?.edges).toMatchObject([
      { from: "sh", to: "gz" },
      { from: "bj", to: "sh" },
    ]);
    const edited = apply(plane.client, { resources: [replication("tree", "gz", [GZ_SH, SH_BJ])] });
    await expect(edited).rejects.toMatchObject({ code: "CONFLICT", hint: expect.stringContaining("replication promote tree gz") });
  });

  it("is refused where two fill one instance, and where several go in a circle", async () => {
    await using plane = await startTest();
    const applied = (...trees: wire.Resource[]) => apply(plane.client, { resources: [...INSTANCES, ...trees] });
    await expect(applied(replication("one", "gz", [GZ_SH]), replication("two", "bj", [["bj", "sh"]]))).rejects.toThrow(
      "replications one and two both fill sh; an instance is the replica of one",
    );
    await expect(applied(replication("one", "gz", [GZ_SH]), replication("two", "sh", [["sh", "gz"]]))).rejects.toThrow(
      /replications one, two together go in a circle through/,
    );
  });
});

describe("work across accounts", () => {
  it("is refused until the other account agreed, also when an instance changes its owner", async () => {
    await using plane = await startTest();
    const sg = instance("sg", { account: "globex" });
    await expect(apply(plane.client, { resources: [instance("gz"), sg, rule("r")] })).rejects.toMatchObject({ code: "CONSENT_MISSING" });
    const agreed = rule("r", { consent: [{ account: "globex", by: "jane, ticket 42" }] });
    await apply(plane.client, { resources: [instance("gz"), sg, agreed] });
    await expect(apply(plane.client, { resources: [instance("sg", { account: "initech" })] })).rejects.toThrow(
      /account initech has not agreed/,
    );
  });
});
