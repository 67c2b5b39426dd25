import { wire } from "@transship/api";
import { expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, finished, instance, rule, startTest, tasks, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

async function open() {
  const plane = await startTest();
  const world = new World();
  world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
  world.push("sg", { "mirror/app:v1": 1, "mirror/app:v2": 9 });
  const agent = new FakeAgent({ address: plane.address, world });
  await until("the agent", () => agent.heardOf("welcome")[0]);
  await apply(plane.client);
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
