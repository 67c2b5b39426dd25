import { setTimeout as delay } from "node:timers/promises";
import { wire } from "@transship/api";
import { expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import { startReceiver } from "../testing/receiver.ts";
import {
  apply,
  call,
  instance,
  messages,
  rule,
  run,
  runToEnd,
  startTest,
  type TestControlPlane,
  tasks,
  until,
  webhook,
} from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

type Spec = Partial<wire.RuleSpec>;

/** Rules `out` (gz/team to sg/mirror) and `home` (back), with one agent. */
async function twoWays(out: Spec = {}, home: Spec = {}, agent: Partial<FakeAgentOptions> = {}, more: wire.Resource[] = []) {
  const plane = await startTest();
  const back = {
    source: { instance: "sg", namespace: "mirror", repository: "", tag: "" },
    targets: [{ instance: "gz", namespace: "team", repository: "", flatten: 0 }],
  };
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("out", out), rule("home", { ...back, ...home }), ...more] });
  const world = new World();
  const fake = new FakeAgent({ address: plane.address, world, ...agent });
  await until("the welcome", () => fake.heardOf("welcome").length > 0);
  return {
    plane,
    world,
    fake,
    gz: () => world.at("gz").get("team/app:v1"),
    sg: () => world.at("sg").get("mirror/app:v1"),
    run: (name: string) => runToEnd(plane.client, name),
    async [Symbol.asyncDispose]() {
      fake[Symbol.dispose]();
      await plane[Symbol.asyncDispose]();
    },
  };
}

async function planned(plane: TestControlPlane, name: string): Promise<wire.PlanItem[]> {
  const events = plane.client.rules.planRule({ name }, plane.client.metadata) as AsyncIterable<wire.PlanEvent>;
  return (await Array.fromAsync(events)).flatMap(({ event }) => (event?.$case === "item" ? [event.value] : []));
}

it("brings what one side moved to the other, whichever rule runs first", async () => {
  await using test = await twoWays();
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  expect(test.sg()).toBe(fakeDigest(1));
  // Moved at the target only: the rule that looks first leaves it, and the other brings it.
  test.world.push("sg", { "mirror/app:v1": 2 });
  expect(await planned(test.plane, "out")).toMatchObject([
    { action: wire.PlanAction.SKIP, reason: "ahead", facing: "home", base: fakeDigest(1) },
  ]);
  expect(await test.run("out")).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, conflicts: 0 });
  expect(test.sg()).toBe(fakeDigest(2));
  await test.run("home");
  expect(test.gz()).toBe(fakeDigest(2));
  test.world.push("gz", { "team/app:v1": 3 });
  await test.run("home");
  await test.run("out");
  expect([test.gz(), test.sg()]).toEqual([fakeDigest(3), fakeDigest(3)]);
});

it("remembers what it found equal on both sides", async () => {
  await using test = await twoWays();
  test.world.push("gz", { "team/app:v1": 1 });
  test.world.push("sg", { "mirror/app:v1": 1 });
  await test.run("out");
  test.world.push("sg", { "mirror/app:v1": 2 });
  await test.run("out");
  expect(test.sg()).toBe(fakeDigest(2));
  await test.run("home");
  expect(test.gz()).toBe(fakeDigest(2));
});

it("leaves what both sides moved, and tells of it once: execution, plan, log, webhook, metrics", async () => {
  await using receiver = await startReceiver();
  await using test = await twoWays({}, {}, {}, [webhook("hook", receiver.url, { events: ["conflict.detected"] })]);
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  test.world.push("gz", { "team/app:v1": 2 });
  test.world.push("sg", { "mirror/app:v1": 3 });

  const ended = await test.run("out");

  const failure = { code: "TAG_CONFLICT", message: expect.stringContaining("team/app:v1 for sg/mirror/app: it moved on both sides") };
  expect(ended).toMatchObject({ state: wire.ExecutionState.PARTIAL, conflicts: 1, failure });
  expect(await test.run("home")).toMatchObject({ state: wire.ExecutionState.PARTIAL, conflicts: 1 });
  expect([test.gz(), test.sg()]).toEqual([fakeDigest(2), fakeDigest(3)]);
  const item = { action: wire.PlanAction.SKIP, reason: "conflict", digest: fakeDigest(2), atTarget: fakeDigest(3), base: fakeDigest(1) };
  expect(await planned(test.plane, "out")).toMatchObject([item]);
  expect((await messages(test.plane.client, ended.id)).join("\n")).toContain("it moved on both sides");
  await until("the event", () => receiver.got.length > 0);
  expect(receiver.got.map(({ body }) => JSON.parse(body))).toMatchObject([
    {
      type: "dev.transship.conflict.detected",
      data: {
        rule: "out",
        count: 1,
        conflicts: [{ artifact: "team/app:v1", source: { digest: fakeDigest(2) }, target: { digest: fakeDigest(3) }, base: fakeDigest(1) }],
      },
    },
  ]);
  const metrics = await (await fetch(`http://${test.plane.httpAddress}/metrics`)).text();
  expect(metrics).toContain('transship_conflicts_total{rule="out"} 1');
  expect(metrics).not.toContain('transship_conflicts_total{rule="home"}');

  // A person settles it: the rule whose source is right is run so.
  const { execution } = await call(test.plane.client, test.plane.client.rules, test.plane.client.rules.runRule, {
    name: "home",
    settle: true,
  });
  expect(execution).toMatchObject({ settle: true });
  await test.run("home");
  expect([test.gz(), test.sg()]).toEqual([fakeDigest(3), fakeDigest(3)]);
  expect(await test.run("out")).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, conflicts: 0, unchanged: 1 });
});

it.each([
  ["source", "", "out", 2],
  ["source", "", "home", undefined],
  ["newest", "newest", "out", undefined],
  ["newest", "newest", "home", 3],
  ["newest", "stop", "home", undefined],
  ["", "newest", "home", 3],
])("settles by the choices %s and %s where %s runs: %s wins", async (out, home, first, winner) => {
  await using test = await twoWays({ conflict: out }, { conflict: home });
  test.world.push("gz", { "team/app:v1": 2 });
  test.world.push("sg", { "mirror/app:v1": 3 });
  await test.run(first);
  expect([test.gz(), test.sg()]).toEqual(winner === undefined ? [fakeDigest(2), fakeDigest(3)] : [fakeDigest(winner), fakeDigest(winner)]);
});

it("does not take the newer one where one side does not say when it was created", async () => {
  await using test = await twoWays({ conflict: "newest" }, { conflict: "newest" });
  test.world.push("gz", { "team/app:v1": 200 });
  test.world.push("sg", { "mirror/app:v1": 3 });
  expect(await test.run("out")).toMatchObject({ conflicts: 1 });
  expect(await test.run("home")).toMatchObject({ conflicts: 1 });
});

it("does not replace what was pushed to the target during the copy", async () => {
  const work: FakeAgentOptions["work"] = (task, agent) => {
    if (task.target?.instance !== "sg" || task.expected === "") return agent.succeed(task);
    expect(task).toMatchObject({ overwrite: wire.Overwrite.OURS, expected: fakeDigest(1) });
    agent.report(task, wire.TaskState.SKIPPED, {
      skipReason: "the target's tag is not what this rule brought, and the rule touches nothing else",
    });
    agent.demand(1);
  };
  await using test = await twoWays({}, {}, { work });
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  test.world.push("gz", { "team/app:v1": 2 });
  const ended = await test.run("out");
  expect(ended.state).toBe(wire.ExecutionState.FAILED);
  const [task] = await tasks(test.plane.client, ended.id);
  expect(task).toMatchObject({ facing: "home", failure: { code: "TAG_CONFLICT", side: wire.Side.TARGET } });
});

it("does not bring back what one side deleted, and deletes nothing that the source never had", async () => {
  const deletion = { propagate: true, maxCount: 20, maxSharePercent: 100 };
  await using test = await twoWays({ deletion });
  test.world.push("gz", { "team/app:v1": 1, "team/app:v2": 1 });
  await test.run("out");
  await test.run("home");
  test.world.at("gz").delete("team/app:v1");
  test.world.push("sg", { "mirror/app:v3": 3 });
  expect((await planned(test.plane, "home")).map(({ source, reason }) => [source?.tag, reason])).toEqual([
    ["v1", "withdrawn"],
    ["v3", "missing"],
  ]);
  expect((await planned(test.plane, "out")).map(({ source, reason }) => [source?.tag, reason])).toEqual([
    ["v1", "gone"],
    ["v3", "ahead"],
  ]);
  expect(await test.run("out")).toMatchObject({ deleted: 1 });
  await test.run("home");
  expect([...test.world.at("gz").keys()].sort()).toEqual(["team/app:v2", "team/app:v3"]);
  expect([...test.world.at("sg").keys()].sort()).toEqual(["mirror/app:v2", "mirror/app:v3"]);
  // Pushed again: it is new on both sides.
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  expect(test.sg()).toBe(fakeDigest(1));
});

it("overwrites as ever where no rule leads back", async () => {
  await using test = await twoWays({}, { enabled: false });
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  test.world.push("sg", { "mirror/app:v1": 2 });
  expect(await planned(test.plane, "out")).toMatchObject([{ reason: "changed", facing: undefined }]);
  await test.run("out");
  expect(test.sg()).toBe(fakeDigest(1));
});

it("tells which rule faces another", async () => {
  await using test = await twoWays();
  const { rules } = test.plane.client;
  expect(await call(test.plane.client, rules, rules.getRule, { name: "out" })).toMatchObject({ facing: ["home"] });
});

it("does not take a copy whose report is on its way for a push", async () => {
  const late: FakeAgentOptions["work"] = async (task, agent) => {
    world?.copy(task);
    if (task.digest === fakeDigest(2)) await delay(500);
    agent.report(task, wire.TaskState.SUCCEEDED);
    agent.demand(1);
  };
  let world: World | undefined;
  await using test = await twoWays({}, {}, { work: late });
  world = test.world;
  test.world.push("gz", { "team/app:v1": 1 });
  await test.run("out");
  test.world.push("gz", { "team/app:v1": 2 });
  const out = test.run("out");
  await until("the copy", () => test.sg() === fakeDigest(2));
  test.world.push("sg", { "mirror/app:v1": 3 });
  expect(await test.run("home")).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, conflicts: 0 });
  expect(test.gz()).toBe(fakeDigest(3));
  expect(await out).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
});

it("brings what one of three in a ring moved around, and no further", async () => {
  await using plane = await startTest();
  const names = ["gz", "sg", "fra"];
  const ring = names.map((from, index) => {
    const to = names[(index + 1) % names.length] ?? "";
    const source = { instance: from, namespace: "", repository: "", tag: "" };
    const targets = [{ instance: to, namespace: "", repository: "", flatten: 0 }];
    return rule(`${from}-${to}`, { source, targets, triggers: { events: true, pollMs: 0 } });
  });
  await apply(plane.client, { resources: [...names.map((name) => instance(name)), ...ring] });
  const world = new World();
  using fake = new FakeAgent({ address: plane.address, world });
  await until("the welcome", () => fake.heardOf("welcome").length > 0);
  const all = () => names.map((name) => world.at(name).get("app:v1"));
  const everywhere = (seed: number) => until(`${seed} everywhere`, () => all().every((digest) => digest === fakeDigest(seed)));
  const atRest = () =>
    until("rest", async () => (await Promise.all(ring.map(lastState(plane)))).every((state) => state === wire.ExecutionState.SUCCEEDED));
  world.push("gz", { "app:v1": 1 });
  await run(plane.client, "gz-sg");
  await everywhere(1);
  await atRest();
  world.push("sg", { "app:v1": 2 });
  // The rule that would have undone it.
  await runToEnd(plane.client, "gz-sg");
  expect(all()).toEqual([fakeDigest(1), fakeDigest(2), fakeDigest(1)]);
  await run(plane.client, "sg-fra");
  await everywhere(2);
  await atRest();
  expect(fake.assignments).toHaveLength(4);
});

function lastState(plane: TestControlPlane) {
  return async ({ kind }: wire.Resource) => {
    const { rules } = plane.client;
    const { lastExecution } = await call(plane.client, rules, rules.getRule, { name: kind?.value.name ?? "" });
    return lastExecution?.state;
  };
}
