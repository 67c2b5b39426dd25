import { fromServiceError, wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, instance, rule, startTest, type TestControlPlane, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

async function plan(plane: TestControlPlane): Promise<{ items: wire.PlanItem[]; summary: wire.PlanSummary | undefined }> {
  const items: wire.PlanItem[] = [];
  let summary: wire.PlanSummary | undefined;
  try {
    for await (const { event } of plane.client.rules.planRule(
      { save: false, name: "r" },
      plane.client.metadata,
    ) as AsyncIterable<wire.PlanEvent>) {
      if (event?.$case === "item") items.push(event.value);
      else summary = event?.value;
    }
  } catch (thrown) {
    throw fromServiceError(thrown, "planning");
  }
  return { items, summary };
}

describe("the plan of a rule", () => {
  it("tells what a run would do, with bytes that count each blob once, and moves nothing", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/web:v3": 3, "team/app:same": 4, "team/app:kept": 5 });
    world.push("sg", { "mirror/app:same": 4, "mirror/app:kept": 9 });
    using agent = new FakeAgent({ address: plane.address, world });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { overwrite: wire.Overwrite.NEVER })] });
    const { items, summary } = await plan(plane);
    expect(items.map(({ target, action, reason, bytes, existingBytes }) => [target?.tag, action, reason, bytes, existingBytes])).toEqual([
      ["v1", 1, "missing", 107, 0],
      ["v2", 1, "missing", 7, 100],
      ["v3", 1, "missing", 7, 100],
      ["kept", 2, "kept", 0, 0],
    ]);
    const sums = { copy: 3, skip: 1, unchanged: 1, bytes: 121, existingBytes: 200, repositories: 2, delete: 0, capped: 0 };
    expect(summary).toEqual({ planId: "", ...sums });
    expect(agent.assignments).toEqual([]);
    expect(world.at("sg").size).toBe(2);
  });

  it("fails with the side whose look-up fails, and without a route", async () => {
    await using plane = await startTest();
    await apply(plane.client);
    await expect(plan(plane)).rejects.toMatchObject({ code: "NO_ROUTE" });
    const failure = { code: "CONNECTION_FAILED", side: wire.Side.UNSPECIFIED, message: "reaching sg: refused", hint: "", tried: "" };
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({
      address: plane.address,
      world,
      answer: ({ ask }) => (ask?.$case === "resolveTags" ? { $case: "failure", value: failure } : undefined),
    });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await expect(plan(plane)).rejects.toMatchObject({ code: "CONNECTION_FAILED", side: "target" });
  });
});

describe("the test of an instance", () => {
  it("has each agent that shares a network try, nearest first", async () => {
    await using plane = await startTest();
    await apply(plane.client);
    const failure = { code: "UNAUTHORIZED", side: wire.Side.UNSPECIFIED, message: "logging in: 401", hint: "h", tried: "" };
    const base = { address: plane.address, world: new World() };
    using far = new FakeAgent({ ...base, name: "far", answer: () => ({ $case: "failure", value: failure }) });
    using near = new FakeAgent({ ...base, name: "near", region: "gz" });
    using away = new FakeAgent({ ...base, name: "away", networks: ["vpc"] });
    await until("the agents", () => [far, near, away].every((agent) => agent.heardOf("welcome").length > 0));
    const { instances } = plane.client;
    const { tests } = await call(plane.client, instances, instances.testInstance, { name: "gz" });
    expect(tests).toMatchObject([
      { agent: "near", url: "https://gz.example", network: "public", latencyMs: 3 },
      { agent: "far", failure: { code: "UNAUTHORIZED" } },
    ]);
    expect(tests[0]?.failure).toBeUndefined();
  });

  it("is refused where no agent shares a network", async () => {
    await using plane = await startTest();
    await apply(plane.client);
    const { instances } = plane.client;
    await expect(call(plane.client, instances, instances.testInstance, { name: "gz" })).rejects.toMatchObject({ code: "NO_ROUTE" });
  });
});
