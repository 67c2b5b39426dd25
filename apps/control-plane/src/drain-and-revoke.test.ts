import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, call, finished, messages, run, startTest, type TestControlPlane, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const { AgentState, TaskState } = wire;
const idle = () => undefined;

async function withOneTask(leaseMs = 60_000) {
  const plane = await startTest({ leaseMs });
  const world = new World();
  world.push("gz", { "team/app:v1": 1 });
  const agent = new FakeAgent({ address: plane.address, world, work: idle, said: { run: "r1", home: "h1" } });
  await apply(plane.client);
  const id = (await run(plane.client)).execution?.id ?? "";
  const task = await until("the task", () => agent.assignments[0]);
  const leasedAt = performance.now();
  return { plane, world, agent, id, task, leasedAt };
}

/** Gives back what it is asked for, as an agent does that has stopped writing. */
async function giveBack(agent: FakeAgent, task: wire.Assignment): Promise<void> {
  await until("the question for it", () =>
    agent.heardOf("cancel").some(({ lease, giveBack }) => giveBack && lease?.taskId === task.lease?.taskId),
  );
  agent.report(task, TaskState.QUEUED);
}

const drain = (plane: TestControlPlane, now: boolean) =>
  call(plane.client, plane.client.agents, plane.client.agents.drainAgent, { name: "a1", now });
const resume = (plane: TestControlPlane) => call(plane.client, plane.client.agents, plane.client.agents.resumeAgent, { name: "a1" });
const revoke = (plane: TestControlPlane) => call(plane.client, plane.client.agents, plane.client.agents.revokeAgent, { name: "a1" });
const stateOf = async (plane: TestControlPlane) =>
  (await call(plane.client, plane.client.agents, plane.client.agents.getAgent, { name: "a1" })).state;

describe("draining", () => {
  it("lets the agent finish what it has", async () => {
    const { plane, world, agent, id, task } = await withOneTask();
    await using _plane = plane;
    using _agent = agent;
    using other = new FakeAgent({ address: plane.address, world, name: "a2" });
    expect(await drain(plane, false)).toMatchObject({ state: AgentState.DRAINING, running: 1 });
    await until("the message", () => agent.heardOf("drain").length === 1);
    agent.succeed(task);
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(agent.heardOf("cancel")).toEqual([]);
    expect(other.assignments).toEqual([]);
  });

  it("now: has it give back what it has, which goes to another at once, as the same attempt", async () => {
    const { plane, world, agent, id, task } = await withOneTask();
    await using _plane = plane;
    using _agent = agent;
    using other = new FakeAgent({ address: plane.address, world, name: "a2" });
    await drain(plane, true);
    await giveBack(agent, task);
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(other.assignments).toMatchObject([{ lease: { epoch: 2 }, attempt: 1 }]);
    expect(await messages(plane.client, id)).toContain("agent a1 is asked to give it back: it drains");
  });

  it("outlives a broken stream, but not the process", async () => {
    await using plane = await startTest();
    const world = new World();
    const open = (name: string) => new FakeAgent({ address: plane.address, world, said: { run: name, home: "h1" } });
    using first = open("r1");
    await until("the welcome", () => first.heardOf("welcome").length > 0);
    await drain(plane, false);
    first[Symbol.dispose]();
    using again = open("r1");
    await until("the word to drain", () => again.heardOf("drain").length > 0);
    expect(await stateOf(plane)).toBe(AgentState.DRAINING);
    world.push("gz", { "team/app:v1": 1 });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.FAILED });
    again[Symbol.dispose]();
    using next = open("r2");
    await until("the next process", async () => (await stateOf(plane)) === AgentState.ONLINE);
    await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(next.assignments.length).toBe(1);
  });

  it("ends when the agent is resumed", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world, said: { run: "r1", home: "h1" } });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await expect(resume(plane)).rejects.toMatchObject({ code: "CONFLICT" });
    await drain(plane, false);
    expect(await resume(plane)).toMatchObject({ state: AgentState.ONLINE });
    await until("both words", () => agent.heardOf("drain").length === 2);
    expect(agent.heardOf("drain")).toEqual([{ over: false }, { over: true }]);
    await apply(plane.client);
    expect(await finished(plane.client, (await run(plane.client)).execution?.id ?? "")).toMatchObject({ tasks: { succeeded: 1 } });
  });

  it("of an older agent ends with its stream, since it takes tasks again on the next one only", async () => {
    await using plane = await startTest();
    using agent = new FakeAgent({ address: plane.address, world: new World() });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await drain(plane, false);
    await resume(plane);
    await until("the end of its stream", () => agent.error);
    expect(agent.heardOf("drain")).toEqual([{ over: false }]);
  });
});

describe("revoking", () => {
  it("takes back what the agent has; it goes to another as soon as the agent has stopped writing", async () => {
    const { plane, world, agent, id, task } = await withOneTask();
    await using _plane = plane;
    using _agent = agent;
    using other = new FakeAgent({ address: plane.address, world, name: "a2" });
    const revoked = revoke(plane);
    await giveBack(agent, task);
    expect(await revoked).toMatchObject({ state: AgentState.REVOKED, running: 0 });
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(other.assignments).toMatchObject([{ lease: { epoch: 2 } }]);
    const error = await until("the end of its stream", () => agent.error);
    expect(error).toMatchObject({ code: "NOT_ALLOWED", message: "the stream of agent a1: the agent was revoked" });
    expect(error.hint).toContain("transship agent token create --name a1");
    using back = new FakeAgent({ address: plane.address, world, said: { run: "r2", home: "h1" } });
    expect((await until("the refusal", () => back.error)).hint).toContain("transship agent token create --name a1");
  });

  it("of one that says nothing keeps its tasks from others until its leases end, and renews none", async () => {
    const leaseMs = 1_500;
    const { plane, world, agent, id, task, leasedAt } = await withOneTask(leaseMs);
    await using _plane = plane;
    using _agent = agent;
    let givenAt = 0;
    using other = new FakeAgent({
      address: plane.address,
      world,
      name: "a2",
      work: (given, self) => {
        givenAt = performance.now();
        self.succeed(given);
      },
    });
    const revoked = revoke(plane);
    await until("the question for it", () => agent.heardOf("cancel").length > 0);
    agent.say({ $case: "renew", value: { leases: task.lease === undefined ? [] : [task.lease] } });
    await revoked;
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(agent.heardOf("renewed")).toEqual([]);
    expect(other.assignments).toMatchObject([{ lease: { epoch: 2 } }]);
    expect(givenAt - leasedAt).toBeGreaterThanOrEqual(leaseMs - 100);
  });
});
