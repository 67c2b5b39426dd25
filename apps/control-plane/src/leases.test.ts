import { setTimeout as delay } from "node:timers/promises";
import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, call, execution, finished, instance, rule, run, startTest, tasks, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const TASK = wire.TaskState;
const idle = () => undefined;

async function leaseOne(options: { leaseMs?: number; slots?: number } = {}) {
  const plane = await startTest(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs });
  const world = new World();
  world.push("gz", { "team/app:v1": 1 });
  const agent = new FakeAgent({ address: plane.address, world, work: idle, slots: options.slots ?? 4 });
  await apply(plane.client);
  const id = (await run(plane.client)).execution?.id ?? "";
  const task = await until("the task", () => agent.assignments[0]);
  return { plane, world, agent, id, task };
}

describe("leases", () => {
  it("go to another agent when they end, and the first one's reports count no more", async () => {
    const { plane, world, agent, id, task } = await leaseOne({ leaseMs: 300 });
    await using _plane = plane;
    using _agent = agent;
    using other = new FakeAgent({ address: plane.address, world, name: "a2" });
    const second = await until("the second lease", () => other.assignments[0]);
    expect(second.lease).toEqual({ taskId: task.lease?.taskId, epoch: 2 });
    expect(second.attempt).toBe(2);
    expect(agent.heardOf("cancel")).toMatchObject([{ lease: { epoch: 1 } }]);
    const sequence = agent.report(task, TASK.FAILED);
    await until("the ack", () => agent.heardOf("ack").some((ack) => ack.sequence === sequence));
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, tasks: { succeeded: 1, failed: 0 } });
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toMatch(/transship_lease_fenced_total [1-9]/);
  });

  it("that an agent let end do not make it as good as never there: what comes meanwhile waits until it is heard of again", async () => {
    const { plane, world, agent, task } = await leaseOne({ leaseMs: 300 });
    await using _plane = plane;
    using _agent = agent;
    await until("the end of the lease", () => agent.heardOf("cancel").length > 0);
    await apply(plane.client, { resources: [rule("next", { source: { instance: "gz", namespace: "next", repository: "", tag: "" } })] });
    world.push("gz", { "next/app:v1": 2 });
    const id = (await run(plane.client, "next")).execution?.id ?? "";
    await delay(200);
    expect(await execution(plane.client, id)).toMatchObject({ state: wire.ExecutionState.INVENTORY, failure: undefined });
    agent.say({ $case: "renew", value: { leases: [] } });
    const again = await until("the task", () => agent.assignments.find(({ rule: name }) => name === "next"));
    agent.succeed(again);
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
    expect(task.lease?.taskId).not.toBe(again.lease?.taskId);
  });

  it("last while they are renewed, without a stream and across one", async () => {
    const { plane, world, agent, id, task } = await leaseOne({ leaseMs: 400 });
    await using _plane = plane;
    const lease = task.lease ?? { taskId: "", epoch: 0 };
    for (let round = 0; round < 6; round++) {
      agent.say({ $case: "renew", value: { leases: [lease, { taskId: "x.gone", epoch: 1 }] } });
      await until("the renewal", () => agent.heardOf("renewed").length > round);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(agent.heardOf("renewed").at(-1)).toEqual({ leases: [lease] });
    agent[Symbol.dispose]();
    using again = new FakeAgent({ address: plane.address, world, holds: [lease], work: idle });
    await until("the welcome", () => again.heardOf("welcome").length > 0);
    again.succeed(task);
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { total: 1, succeeded: 1 } });
    expect(again.assignments).toEqual([]);
  });

  it("return at once when the agent comes back knowing nothing of them", async () => {
    const { plane, world, agent, id } = await leaseOne();
    await using _plane = plane;
    agent[Symbol.dispose]();
    using again = new FakeAgent({ address: plane.address, world });
    const end = await finished(plane.client, id);
    expect(end).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
    expect(again.assignments).toMatchObject([{ lease: { epoch: 2 }, attempt: 1 }]);
  });

  it("apply a report once, however often it comes", async () => {
    const { plane, agent, id, task } = await leaseOne();
    await using _plane = plane;
    using _agent = agent;
    agent.report(task, TASK.SUCCEEDED, { sequence: 7 });
    agent.report(task, TASK.SUCCEEDED, { sequence: 7 });
    agent.report(task, TASK.FAILED, { sequence: 8 });
    await until("the acks", () => agent.heardOf("ack").length === 3);
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { total: 1, succeeded: 1, failed: 0 }, bytes: { copied: 10 } });
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_tasks_total{rule="r",result="succeeded",reason=""} 1');
  });

  it("do not let one agent report on another's task", async () => {
    const { plane, world, agent, id, task } = await leaseOne();
    await using _plane = plane;
    using _agent = agent;
    using thief = new FakeAgent({ address: plane.address, world, name: "thief", networks: ["elsewhere"] });
    const sequence = thief.report(task, TASK.SUCCEEDED);
    await until("the ack", () => thief.heardOf("ack").some((ack) => ack.sequence === sequence));
    expect(await execution(plane.client, id)).toMatchObject({ tasks: { running: 1, succeeded: 0 } });
  });

  it("never go beyond an agent's credit or slots", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`team/app:v${n}`, n])));
    let most = 0;
    let now = 0;
    using agent = new FakeAgent({
      address: plane.address,
      world,
      slots: 2,
      work: async (task, self) => {
        most = Math.max(most, ++now);
        // Demands that cross assignments: each promises more than there is room for.
        self.demand(2);
        await new Promise((resolve) => setTimeout(resolve, 5));
        now--;
        self.succeed(task);
      },
    });
    await apply(plane.client);
    const end = await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(end.tasks?.succeeded).toBe(9);
    expect(most).toBe(2);
    expect(agent.assignments).toHaveLength(9);
  });

  it("go to the agents nearest the target only, shared among equals", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", Object.fromEntries(Array.from({ length: 6 }, (_, n) => [`team/app:v${n}`, n])));
    using near1 = new FakeAgent({ address: plane.address, world, name: "near1", region: "sg" });
    using near2 = new FakeAgent({ address: plane.address, world, name: "near2", region: "sg" });
    using far = new FakeAgent({ address: plane.address, world, name: "far", region: "gz" });
    await apply(plane.client);
    await until("all agents", () => [near1, near2, far].every((agent) => agent.heardOf("welcome").length > 0));
    const { id } = await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(far.assignments).toEqual([]);
    expect(near1.assignments.length).toBeGreaterThan(0);
    expect(near2.assignments.length).toBeGreaterThan(0);
    expect((await tasks(plane.client, id))[0]?.placement).toMatch(/^agent near[12]: same region as sg \(public\); source gz by public$/);
  });

  it("come again after a failure that passes, not before its time", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const begun: number[] = [];
    const failure = { code: "REGISTRY_FAILED", side: wire.Side.TARGET, message: "pushing: 503", hint: "", tried: "" };
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => {
        begun.push(performance.now());
        if (begun.length > 1) self.succeed(task);
        else self.report(task, TASK.RETRYING, { failure, retryAfterMs: 2100 });
        self.demand(4);
      },
    });
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const waiting = await until("the wait", async () => (await tasks(plane.client, id)).find((task) => task.state === TASK.RETRYING));
    expect(waiting).toMatchObject({ failure: { code: "REGISTRY_FAILED" }, attempts: 1 });
    expect(Date.parse(waiting.nextAttemptAt)).toBeGreaterThan(Date.now());
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED });
    expect((begun[1] ?? 0) - (begun[0] ?? 0)).toBeGreaterThanOrEqual(2090);
    expect(agent.assignments.map((task) => [task.attempt, task.bytesSoFar?.copied])).toEqual([
      [1, 0],
      [2, 10],
    ]);
  });
});

describe("tasks", () => {
  it("fail where a rule was changed and an instance deleted while they waited", async () => {
    const { plane, agent, id, task } = await leaseOne({ slots: 1 });
    await using _plane = plane;
    using _agent = agent;
    await apply(plane.client, {
      resources: [instance("bj"), rule("r", { targets: [{ instance: "bj", namespace: "m", repository: "", flatten: 0 }] })],
    });
    await apply(plane.client, { resources: [], deletes: [{ kind: "Instance", name: "sg" }] });
    agent.report(task, TASK.QUEUED);
    agent.demand(1);
    const end = await finished(plane.client, id);
    expect(end.failures).toMatchObject([{ failure: { code: "NOT_FOUND", side: wire.Side.TARGET } }]);
    expect(end.failures[0]?.failure?.message).toContain("instance sg");
  });
});

describe("agents", () => {
  it("replace their own older stream", async () => {
    await using plane = await startTest();
    const world = new World();
    using older = new FakeAgent({ address: plane.address, world });
    await until("the welcome", () => older.heardOf("welcome").length > 0);
    using newer = new FakeAgent({ address: plane.address, world });
    await until("the end of the older", () => older.ended);
    expect(older.error?.code).toBe("CONFLICT");
    const { agents } = plane.client;
    expect(await call(plane.client, agents, agents.getAgent, { name: "a1" })).toMatchObject({ state: wire.AgentState.ONLINE });
    expect(newer.ended).toBe(false);
  });

  it("get nothing new while they drain, and are cut when they are revoked", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r")] });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    const { agents } = plane.client;
    expect(await call(plane.client, agents, agents.drainAgent, { name: "a1", now: false })).toMatchObject({
      state: wire.AgentState.DRAINING,
    });
    await until("the drain", () => agent.heardOf("drain").length === 1);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    expect(await finished(plane.client, id)).toMatchObject({ failure: { code: "NO_ROUTE" } });
    await call(plane.client, agents, agents.revokeAgent, { name: "a1" });
    await until("the cut", () => agent.ended);
    expect(agent.error?.code).toBe("NOT_ALLOWED");
    using back = new FakeAgent({ address: plane.address, world });
    await until("the refusal", () => back.ended);
    expect(back.error?.code).toBe("NOT_ALLOWED");
  });
});
