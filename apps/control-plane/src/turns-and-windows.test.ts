import { wire } from "@transship/api";
import { expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, execution, finished, instance, messages, rule, run, startTest, tasks, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const idle = () => undefined;
const TAGS = 16;
const target = (namespace: string) => ({ targets: [{ instance: "sg", namespace, repository: "", flatten: 0 }] });

it("rules of a higher priority go first, equals take turns, and nothing starves", async () => {
  await using plane = await startTest();
  const world = new World();
  world.push("gz", Object.fromEntries(Array.from({ length: TAGS }, (_, index) => [`team/app:v${index}`, index + 1])));
  const order: string[] = [];
  const work = (task: wire.Assignment, agent: FakeAgent) => {
    order.push(task.target?.repository.split("/")[0] ?? "");
    setTimeout(() => agent.succeed(task), 1);
  };
  const resources = [rule("first", { priority: 5, ...target("first") }), rule("second", target("second")), rule("third", target("third"))];
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), ...resources] });
  // The planner needs an agent; with no slots it leases nothing.
  using _lister = new FakeAgent({ address: plane.address, world, name: "lister", slots: 0 });
  await until("the lister", () => _lister.heardOf("welcome")[0]);
  const ids = [];
  for (const name of ["second", "third", "first"]) ids.push((await run(plane.client, name)).execution?.id ?? "");
  for (const id of ids) await until("the plan", async () => (await tasks(plane.client, id)).length === TAGS || undefined);
  using _worker = new FakeAgent({ address: plane.address, world, work, slots: 1 });
  for (const id of ids) {
    const over = async () => (await execution(plane.client, id)).state === wire.ExecutionState.SUCCEEDED;
    await until(`the end of ${id}`, over, 20_000);
  }
  const first = order.slice(0, TAGS + 3);
  expect(first.filter((name) => name === "first")).toHaveLength(TAGS);
  // Even while the first has work, each eighth task is another's.
  expect(new Set(first.slice(0, 16))).toEqual(new Set(["first", "second", "third"]));
  const rest = order.slice(TAGS + 3);
  for (let index = 0; index + 1 < rest.length - 2; index += 2) expect(new Set(rest.slice(index, index + 2)).size).toBe(2);
}, 30_000);

it("a closing window has tasks given back without an attempt; they go on at the same agent when it opens", async () => {
  let shift = 0;
  const begin = Date.UTC(2026, 6, 1, 5, 59, 0);
  const started = Date.now();
  const now = () => new Date(begin + shift + Date.now() - started);
  await using plane = await startTest({ now, leaseMs: 600_000 });
  const world = new World();
  world.push("gz", { "team/app:v1": 1 });
  using agent = new FakeAgent({ address: plane.address, world, work: idle, slots: 1 });
  using other = new FakeAgent({ address: plane.address, world, work: idle, name: "a2", slots: 0 });
  const window = { from: "22:00", to: "06:00", timeZone: "" };
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { window })] });
  const id = (await run(plane.client)).execution?.id ?? "";
  const task = await until("the task", () => agent.assignments[0]);
  expect((await execution(plane.client, id)).waiting).toBe("");

  shift = 60_000;
  agent.demand(0);
  const cancel = await until("the pause", () => agent.heardOf("cancel")[0], 15_000);
  expect(cancel).toEqual({ lease: task.lease, giveBack: true });
  agent.report(task, wire.TaskState.QUEUED);
  agent.demand(1);
  other.demand(1);
  await until("the task back", async () => (await tasks(plane.client, id))[0]?.state === wire.TaskState.QUEUED);
  const paused = await execution(plane.client, id);
  expect(paused.state).toBe(wire.ExecutionState.COPYING);
  expect(paused.waiting).toBe("paused until 2026-07-01T22:00:00.000Z, outside the rule's window 22:00–06:00 UTC");
  expect(agent.assignments).toHaveLength(1);

  shift += 16 * 3_600_000;
  agent.demand(1);
  const again = await until("the task again", () => agent.assignments[1], 15_000);
  expect(again).toMatchObject({ attempt: 1, bytesSoFar: { copied: 10 } });
  expect(other.assignments).toEqual([]);
  agent.succeed(again);
  expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, waiting: "" });
  const told = (await messages(plane.client, id)).filter((message) => /window/.test(message));
  expect(told).toEqual([
    "agent a1 is asked to give it back: the rule's window closed",
    `${paused.waiting}`,
    "goes on: the rule's window is open",
  ]);
}, 40_000);

it("a closing window pauses deletions too", async () => {
  let shift = 0;
  const begin = Date.UTC(2026, 6, 1, 5, 59, 0);
  const started = Date.now();
  await using plane = await startTest({ now: () => new Date(begin + shift + Date.now() - started), leaseMs: 600_000 });
  const world = new World();
  world.push("gz", { "team/app:v1": 1 });
  world.push("sg", { "mirror/app:v1": 1, "mirror/app:v2": 2 });
  using agent = new FakeAgent({ address: plane.address, world, work: idle, slots: 1 });
  const window = { from: "22:00", to: "06:00", timeZone: "" };
  const deletion = { propagate: true, maxCount: 9, maxSharePercent: 100 };
  await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { window, deletion })] });
  const id = (await run(plane.client)).execution?.id ?? "";
  const task = await until("the deletion", () => agent.assignments[0]);
  expect(task.operation).toBe(wire.TaskOperation.DELETE);
  shift = 60_000;
  await until("the pause", () => agent.heardOf("cancel")[0], 15_000);
  agent.report(task, wire.TaskState.QUEUED);
  agent.demand(1);
  await until("the task back", async () => (await tasks(plane.client, id))[0]?.state === wire.TaskState.QUEUED);
  shift += 16 * 3_600_000;
  const again = await until("the deletion again", () => agent.assignments[1], 15_000);
  expect(again).toMatchObject({ operation: wire.TaskOperation.DELETE, attempt: 1 });
  agent.succeed(again);
  expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, deleted: 1 });
}, 40_000);
