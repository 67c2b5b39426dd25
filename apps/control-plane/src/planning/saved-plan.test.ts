import { wire } from "@transship/api";
import { expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, finished, instance, rule, runToEnd, startTest, tasks, until } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

async function open(spec: Partial<wire.RuleSpec> = {}) {
  const plane = await startTest();
  const world = new World();
  world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
  world.push("sg", { "mirror/app:v1": 1, "mirror/app:v2": 9 });
  const agent = new FakeAgent({ address: plane.address, world });
  await until("the agent", () => agent.heardOf("welcome")[0]);
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", spec)] });
  const { client } = plane;
  const save = async () => {
    const events: wire.PlanEvent[] = [];
    for await (const event of client.rules.planRule({ name: "r", save: true }, client.metadata)) events.push(event as wire.PlanEvent);
    const last = events.at(-1)?.event;
    return last?.$case === "summary" ? last.value.planId : "";
  };
  const runPlan = (id: string) => call(client, client.plans, client.plans.runPlan, { id });
  return { plane, client, world, agent, save, runPlan };
}

it("a saved plan can be looked at, and runs as it was planned", async () => {
  const { plane, client, agent, save, runPlan } = await open();
  await using _plane = plane;
  using _agent = agent;
  const id = await save();
  const { plans } = await call(client, client.plans, client.plans.listPlans, { rule: "r" });
  expect(plans).toMatchObject([{ id, rule: "r", summary: { copy: 2, unchanged: 1, bytes: 114 } }]);
  const items: wire.PlanItem[] = [];
  for await (const item of client.plans.listPlanItems({ id }, client.metadata)) items.push(item as wire.PlanItem);
  expect(items.map(({ source, reason, bytes }) => `${source?.tag} ${reason} ${bytes}`)).toEqual(["v2 changed 107", "v3 missing 7"]);
  const { execution } = await runPlan(id);
  expect(await finished(client, execution?.id ?? "")).toMatchObject({
    planId: id,
    state: wire.ExecutionState.SUCCEEDED,
    unchanged: 1,
    tasks: { total: 2, succeeded: 2 },
  });
  expect((await tasks(client, execution?.id ?? "")).map(({ source }) => source?.tag)).toEqual(["v2", "v3"]);
  await expect(runPlan(id)).rejects.toMatchObject({
    code: "PLAN_STALE",
    why: expect.stringContaining("team/app:v2 for sg needs nothing any more"),
  });
}, 20_000);

it.each<[string, (world: World) => void, string]>([
  ["something new", (world) => world.push("gz", { "team/app:v4": 4 }), "team/app:v4 for sg is new (copy: missing)"],
  ["another digest at the source", (world) => world.push("gz", { "team/app:v3": 33 }), "team/app:v3 for sg is another now (copy: missing)"],
  [
    "another digest at the target",
    (world) => world.push("sg", { "mirror/app:v2": 8 }),
    "team/app:v2 for sg is another now (copy: changed)",
  ],
  ["something gone", (world) => world.at("gz").delete("team/app:v3"), "team/app:v3 for sg needs nothing any more, or is gone"],
])("a saved plan does not run over %s", async (_, change, why) => {
  const { plane, agent, world, save, runPlan } = await open();
  await using _plane = plane;
  using _agent = agent;
  const id = await save();
  change(world);
  await expect(runPlan(id)).rejects.toMatchObject({ code: "PLAN_STALE", why: `it no longer holds: ${why}` });
  expect(agent.assignments).toEqual([]);
});

it("a saved plan does not run where its rule was changed, but where it was described anew; nor while the rule runs", async () => {
  const { plane, client, agent, save, runPlan } = await open();
  await using _plane = plane;
  using _agent = agent;
  const id = await save();
  const resources = (more: Partial<wire.RuleSpec>) => ({ resources: [instance("gz"), instance("sg"), rule("r", more)] });
  await apply(client, resources({ overwrite: wire.Overwrite.NEVER }));
  await expect(runPlan(id)).rejects.toMatchObject({ code: "PLAN_STALE", why: "it no longer holds: rule r was changed since" });
  await apply(client, resources({ description: "as before" }));
  const { execution } = await runPlan(id);
  await finished(client, execution?.id ?? "");
  await expect(runPlan("absent")).rejects.toMatchObject({ code: "NOT_FOUND" });
});

const LAX: wire.Deletion = { propagate: true, maxCount: 20, maxSharePercent: 100 };

it("a saved plan deletes what it was planned to, and nothing where that is another by now", async () => {
  const { plane, client, agent, world, save, runPlan } = await open({ deletion: LAX });
  await using _plane = plane;
  using _agent = agent;
  await runToEnd(client);
  world.at("gz").delete("team/app:v3");
  const before = await save();
  expect((await call(client, client.plans, client.plans.getPlan, { id: before })).summary).toMatchObject({ copy: 0, delete: 1, capped: 0 });
  const stale = async (why: string) =>
    expect(runPlan(before)).rejects.toMatchObject({ code: "PLAN_STALE", why: `it no longer holds: ${why}` });

  world.push("sg", { "mirror/app:v3": 4 });
  await stale("team/app:v3 for sg is another now (delete: gone)");
  world.push("sg", { "mirror/app:v3": 3, "mirror/app:old": 8 });
  await stale("team/app:old for sg is new (delete: gone)");
  world.at("sg").delete("mirror/app:old");
  expect(agent.assignments.filter(({ operation }) => operation === wire.TaskOperation.DELETE)).toEqual([]);

  const { execution } = await runPlan(before);
  expect(await finished(client, execution?.id ?? "")).toMatchObject({
    state: wire.ExecutionState.SUCCEEDED,
    deleted: 1,
    tasks: { total: 1 },
  });
  expect(agent.assignments.at(-1)).toMatchObject({ operation: wire.TaskOperation.DELETE, digest: fakeDigest(3) });
  expect([...world.at("sg").keys()]).toEqual(["mirror/app:v1", "mirror/app:v2"]);
}, 20_000);

it("a saved plan that leaves deletions out because they are too many says so when it runs", async () => {
  const { plane, client, agent, world, save, runPlan } = await open({ deletion: { ...LAX, maxCount: 1 } });
  await using _plane = plane;
  using _agent = agent;
  world.push("sg", { "mirror/app:x": 7, "mirror/app:y": 8 });
  const id = await save();
  expect((await call(client, client.plans, client.plans.getPlan, { id })).summary).toMatchObject({ copy: 2, delete: 0, capped: 2 });
  const { execution } = await runPlan(id);
  const ended = await finished(client, execution?.id ?? "");
  expect(ended).toMatchObject({
    state: wire.ExecutionState.PARTIAL,
    deleted: 0,
    tasks: { succeeded: 2 },
    failure: { code: "DELETION_CAPPED" },
  });
  expect(world.at("sg").size).toBe(5);
}, 20_000);

it("a saved plan replaces only what it was planned to find", async () => {
  const { plane, client, agent, world, save, runPlan } = await open({ overwrite: wire.Overwrite.OURS });
  await using _plane = plane;
  using _agent = agent;
  world.at("sg").clear();
  await runToEnd(client);
  world.push("gz", { "team/app:v3": 33 });
  const id = await save();
  world.push("sg", { "mirror/app:v3": 44 });
  await expect(runPlan(id)).rejects.toMatchObject({ code: "PLAN_STALE" });
  world.push("sg", { "mirror/app:v3": 3 });
  const { execution } = await runPlan(id);
  expect(await finished(client, execution?.id ?? "")).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, tasks: { total: 1 } });
  expect(agent.assignments.at(-1)).toMatchObject({ digest: fakeDigest(33), expected: fakeDigest(3) });
}, 20_000);

it("a saved plan brings platforms that were added to its rule", async () => {
  const { plane, client, agent, save, runPlan } = await open({ platforms: ["linux/amd64"] });
  await using _plane = plane;
  using _agent = agent;
  await runToEnd(client);
  const platforms = ["linux/amd64", "linux/arm64"];
  await apply(client, { resources: [rule("r", { platforms })] });
  const id = await save();
  const { execution } = await runPlan(id);
  const { tasks: sums } = await finished(client, execution?.id ?? "");
  expect(sums).toMatchObject({ total: 2, succeeded: 2 });
  expect(agent.assignments.at(-1)).toMatchObject({ refill: true, platforms });
}, 20_000);
