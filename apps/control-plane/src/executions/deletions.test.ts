import { fromServiceError, wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import { apply, instance, rule, runToEnd, startTest, type TestControlPlane, tasks, until } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

const LAX: wire.Deletion = { propagate: true, maxCount: 20, maxSharePercent: 100 };

interface Played extends AsyncDisposable {
  readonly plane: TestControlPlane;
  readonly world: World;
  readonly agent: FakeAgent;
}

async function play(spec: Partial<wire.RuleSpec>, more: Partial<FakeAgentOptions> = {}): Promise<Played> {
  const plane = await startTest();
  const world = new World();
  const agent = new FakeAgent({ address: plane.address, world, ...more });
  await until("the welcome", () => agent.heardOf("welcome").length > 0);
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", spec)] });
  const stop = async () => {
    agent[Symbol.dispose]();
    await plane[Symbol.asyncDispose]();
  };
  return { plane, world, agent, [Symbol.asyncDispose]: stop };
}

async function planned(plane: TestControlPlane): Promise<wire.PlanEvent["event"][]> {
  const events: wire.PlanEvent["event"][] = [];
  try {
    for await (const { event } of plane.client.rules.planRule({ name: "r" }, plane.client.metadata) as AsyncIterable<wire.PlanEvent>)
      events.push(event);
  } catch (thrown) {
    throw fromServiceError(thrown, "planning");
  }
  return events;
}

describe("deletions of a rule", () => {
  it("follow the source where the rule asks for it, shown before, counted and logged", async () => {
    await using played = await play({ deletion: LAX });
    const { plane, world, agent } = played;
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    await runToEnd(plane.client);
    world.at("gz").delete("team/app:v2");
    expect((await planned(plane)).at(-1)).toMatchObject({ value: { copy: 0, delete: 1, capped: 0, unchanged: 1 } });

    const ended = await runToEnd(plane.client);

    expect(ended).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, deleted: 1, tasks: { total: 1, succeeded: 1 } });
    expect([...world.at("sg").keys()]).toEqual(["mirror/app:v1"]);
    expect(agent.assignments.at(-1)).toMatchObject({ operation: wire.TaskOperation.DELETE, digest: fakeDigest(2) });
    expect(plane.logged.find(({ msg }) => msg === "tag deleted")).toMatchObject({
      tag: "sg/mirror/app:v2",
      rule: "r",
      trigger: "manual",
      agent: "a1",
      why: "the source no longer has it",
    });
    expect(await tasks(plane.client, ended.id)).toMatchObject([{ operation: wire.TaskOperation.DELETE }]);
  });

  it("stay at the source where the rule does not ask for it", async () => {
    await using played = await play({});
    const { plane, world } = played;
    world.push("gz", { "team/app:v1": 1 });
    world.push("sg", { "mirror/app:old": 9 });
    expect(await runToEnd(plane.client)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, deleted: 0 });
    expect(world.at("sg").has("mirror/app:old")).toBe(true);
  });

  it("are left, all of them, where they are too many, and the execution says so", async () => {
    await using played = await play({ deletion: { propagate: true, maxCount: 1, maxSharePercent: 100 } });
    const { plane, world } = played;
    world.push("gz", { "team/app:v1": 1, "team/app:v4": 4 });
    world.push("sg", { "mirror/app:v1": 1, "mirror/app:v2": 2, "mirror/app:v3": 3 });

    const ended = await runToEnd(plane.client);

    expect(ended).toMatchObject({ state: wire.ExecutionState.PARTIAL, deleted: 0, failure: { code: "DELETION_CAPPED" } });
    expect(ended.failure?.message).toContain("2 of 3 tags at sg");
    expect(world.at("sg").size).toBe(4);
    const events = await planned(plane);
    expect(events.at(-1)).toMatchObject({ value: { delete: 0, capped: 2 } });
    expect(events).toContainEqual(
      expect.objectContaining({ value: expect.objectContaining({ reason: "capped", action: wire.PlanAction.SKIP }) }),
    );
  });

  it.each(["gz", "sg"])("do not happen after a listing of names at %s that is short of a page: the execution fails", async (broken) => {
    await using played = await play(
      { deletion: LAX },
      {
        answer: ({ ask, access }, agent) =>
          ask?.$case === "listNames" && access?.instance === broken && agent.assignments.length > 0
            ? { $case: "names", value: { pages: [{ repository: ask.value.repositories[0] ?? "", page: 0, last: false, tags: [] }] } }
            : undefined,
      },
    );
    const { plane, world } = played;
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    await runToEnd(plane.client);
    world.at("gz").delete("team/app:v2");
    const ended = await runToEnd(plane.client);
    expect(ended).toMatchObject({ state: wire.ExecutionState.FAILED, failure: { code: "RESPONSE_MALFORMED" } });
    expect(ended.failure?.message).toContain("it broke off after 1 pages");
    expect(world.at("sg").has("mirror/app:v2")).toBe(true);
  });

  it("do not happen after a source's listing that is empty", async () => {
    await using played = await play({ deletion: LAX });
    const { plane, world } = played;
    world.push("gz", { "team/app:v1": 1 });
    await runToEnd(plane.client);
    world.at("gz").clear();
    expect(await runToEnd(plane.client)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, deleted: 0, tasks: { total: 0 } });
    expect(world.at("sg").size).toBe(1);
  });

  it("fail where the agent is too old to delete", async () => {
    await using played = await play(
      { deletion: LAX },
      { work: (task, agent) => void agent.report(task, wire.TaskState.SUCCEEDED, { operation: wire.TaskOperation.UNSPECIFIED }) },
    );
    const { plane, world } = played;
    world.push("gz", { "team/app:v1": 1 });
    world.push("sg", { "mirror/app:v1": 1, "mirror/app:v2": 2 });
    expect(await runToEnd(plane.client)).toMatchObject({ state: wire.ExecutionState.FAILED, deleted: 0 });
  });
});

describe("a rule that replaces only what it brought", () => {
  it("moves its own tags and no others, with what it expects there", async () => {
    await using played = await play({ overwrite: wire.Overwrite.OURS });
    const { plane, world, agent } = played;
    world.push("gz", { "team/app:v1": 1, "team/app:equal": 5, "team/app:theirs": 7 });
    world.push("sg", { "mirror/app:equal": 5, "mirror/app:theirs": 6 });
    await runToEnd(plane.client);
    expect([...world.at("sg")]).toEqual([
      ["mirror/app:equal", fakeDigest(5)],
      ["mirror/app:theirs", fakeDigest(6)],
      ["mirror/app:v1", fakeDigest(1)],
    ]);
    world.push("gz", { "team/app:v1": 2, "team/app:equal": 3 });

    const ended = await runToEnd(plane.client);

    expect(ended.tasks).toMatchObject({ total: 1, succeeded: 1 });
    expect(agent.assignments.at(-1)).toMatchObject({ target: { tag: "v1" }, expected: fakeDigest(1) });
    // It was equal before the rule came: the rule brought nothing there.
    expect(world.at("sg").get("mirror/app:equal")).toBe(fakeDigest(5));
  });
});

describe("a rule whose platforms grow", () => {
  it("brings the rest though the digest is equal, once", async () => {
    await using played = await play({ platforms: ["linux/amd64"] });
    const { plane, world, agent } = played;
    world.push("gz", { "team/app:v1": 1 });
    await runToEnd(plane.client);
    await apply(plane.client, { resources: [rule("r", { platforms: ["linux/amd64", "linux/arm64"] })] });
    expect((await runToEnd(plane.client)).tasks?.total).toBe(1);
    expect(agent.assignments.at(-1)).toMatchObject({ refill: true, platforms: ["linux/amd64", "linux/arm64"] });
    expect((await runToEnd(plane.client)).tasks?.total).toBe(0);
  });
});
