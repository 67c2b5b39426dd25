import { setTimeout as delay } from "node:timers/promises";
import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "./testing/fake-agent.ts";
import { apply, call, finished, messages, run, startTest, type TestControlPlane, tasks, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const TASK = wire.TaskState;
const idle = () => undefined;
const CHALLENGE_MS = 300;

function connect(plane: TestControlPlane, said: FakeAgentOptions["said"], more: Partial<FakeAgentOptions> = {}): FakeAgent {
  return new FakeAgent({ address: plane.address, world: new World(), said: said ?? {}, ...more });
}

const welcomed = (agent: FakeAgent) => until("the welcome", () => agent.heardOf("welcome").length > 0);
const describeAgent = (plane: TestControlPlane) => call(plane.client, plane.client.agents, plane.client.agents.getAgent, { name: "a1" });

describe("a name that is used twice", () => {
  it("stays with the process that lives; the clone is told of both hosts, and the agent of the clone", async () => {
    await using plane = await startTest({ challengeMs: CHALLENGE_MS });
    using first = connect(plane, { run: "r1", home: "h1", host: "m1" });
    await welcomed(first);
    using clone = connect(plane, { run: "r2", home: "h2", host: "m2" });
    const error = await until("the refusal", () => clone.error);
    expect(error.code).toBe("AGENT_NAME_TAKEN");
    expect(error.message).toBe("connecting agent a1: another process has this name and lives, on host m1; this one is on host m2");
    expect(error.hint).toContain("a name, a token and a data directory of its own");
    expect(clone.heardOf("welcome")).toEqual([]);
    expect(first.heardOf("challenge")).toMatchObject([{ host: "m2" }]);
    expect(first.ended).toBe(false);
    const { warnings, host, state } = await describeAgent(plane);
    expect({ host, state }).toEqual({ host: "m1", state: wire.AgentState.ONLINE });
    expect(warnings).toMatchObject([
      expect.stringMatching(/^another process, on host m2, claimed the name at 2.*Z and was refused: give that one a name/),
    ]);
  });

  it("goes to the new process where the old one says nothing any more", async () => {
    await using plane = await startTest({ challengeMs: CHALLENGE_MS });
    using stopped = connect(plane, { run: "r1", home: "h1", host: "m1" }, { dead: true });
    await welcomed(stopped);
    const begun = performance.now();
    using next = connect(plane, { run: "r2", home: "h2", host: "m2" });
    await welcomed(next);
    expect(performance.now() - begun).toBeGreaterThanOrEqual(CHALLENGE_MS);
    expect(stopped.heardOf("challenge").length).toBe(1);
    expect(await until("the end of the old stream", () => stopped.error)).toMatchObject({ code: "CONFLICT" });
    expect((await describeAgent(plane)).warnings).toEqual([]);
    // When it wakes it is the second one.
    using woken = connect(plane, { run: "r1", home: "h1", host: "m1" });
    expect(await until("the refusal", () => woken.error)).toMatchObject({ code: "AGENT_NAME_TAKEN" });
  });

  it.each([
    ["the same process", { run: "r1", home: "h1" }],
    ["the next process of the data directory, which is locked", { run: "r2", home: "h1" }],
    ["an older agent, which does not say who it is", {}],
  ])("goes at once to %s", async (_what, said) => {
    await using plane = await startTest({ challengeMs: 60_000 });
    using first = connect(plane, { run: "r1", home: "h1" }, { dead: true });
    await welcomed(first);
    using second = connect(plane, said);
    await welcomed(second);
    expect(first.heardOf("challenge")).toEqual([]);
    await until("the end of the old stream", () => first.error);
  });
});

describe("a name whose process is away", () => {
  const away = async (plane: TestControlPlane) => (await describeAgent(plane)).state === wire.AgentState.OFFLINE;

  it("is kept for a moment for the process that was cut off, then a clone gets it", { timeout: 20_000 }, async () => {
    await using plane = await startTest({ challengeMs: 1_000 });
    using first = connect(plane, { run: "r1", home: "h1", host: "m1" });
    await welcomed(first);
    first[Symbol.dispose]();
    await until("the loss", () => away(plane));
    using clone = connect(plane, { run: "r2", home: "h2" });
    expect((await until("the refusal", () => clone.error)).message).toBe(
      "connecting agent a1: another process of this name, on host m1, was here a moment ago and may come back",
    );
    using back = connect(plane, { run: "r1", home: "h1", host: "m1" });
    await welcomed(back);
    expect((await describeAgent(plane)).warnings).toEqual([]);
    back[Symbol.dispose]();
    await until("the loss", () => away(plane));
    await delay(2_000);
    using again = connect(plane, { run: "r2", home: "h2" });
    await welcomed(again);
  });

  it.each([
    ["was started again on its data directory", "r2", "h1", false],
    ["took its leave before", "r2", "h2", true],
  ])("goes at once to one that %s", async (_what, name, home, leaves) => {
    await using plane = await startTest({ challengeMs: 60_000 });
    using first = connect(plane, { run: "r1", home: "h1" });
    await welcomed(first);
    if (leaves) first.leave();
    else first[Symbol.dispose]();
    await until("the loss", () => away(plane));
    using next = connect(plane, { run: name, home });
    await welcomed(next);
  });
});

describe("a cloned data directory", () => {
  it("brings the reports in it, once, and gives away nothing that the cut off original may still write", async () => {
    const leaseMs = 1_500;
    await using plane = await startTest({ challengeMs: CHALLENGE_MS, leaseMs });
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    using original = new FakeAgent({ address: plane.address, world, work: idle, dead: true, said: { run: "r1", home: "h1" } });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    const [reported, running] = await until("both tasks", () => original.assignments.length === 2 && original.assignments);
    if (reported?.lease === undefined || running?.lease === undefined) throw new Error("no leases");
    const leasedAt = performance.now();

    // The copy was taken when the report of the first task was in the outbox, and not acknowledged.
    let givenAt = 0;
    using clone = new FakeAgent({
      address: plane.address,
      world,
      said: { run: "r2", home: "h2" },
      holds: [reported.lease],
      work: (task, agent) => {
        givenAt = performance.now();
        agent.succeed(task);
      },
    });
    await welcomed(clone);
    const sequence = clone.report(reported, TASK.SUCCEEDED, { sequence: 4711 });
    await until("the ack", () => clone.heardOf("ack").some((ack) => ack.sequence === sequence));
    expect(await taskStates(plane, id)).toEqual({ [reported.lease.taskId]: "succeeded 1", [running.lease.taskId]: "leased 1" });

    expect(await finished(plane.client, id)).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, tasks: { succeeded: 2 } });
    expect(clone.assignments.map(({ lease }) => lease)).toEqual([{ taskId: running.lease.taskId, epoch: 2 }]);
    expect(givenAt - leasedAt).toBeGreaterThanOrEqual(leaseMs - 100);
    // The lease that ended was the other process's: this one did not hang.
    expect(clone.heardOf("cancel")).toEqual([]);
  });

  it("reports nothing for the original under another name", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using original = new FakeAgent({ address: plane.address, world, work: idle, said: { run: "r1", home: "h1" } });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    const task = await until("the task", () => original.assignments[0]);
    if (task.lease === undefined) throw new Error("no lease");
    using clone = new FakeAgent({ address: plane.address, world, name: "a2", holds: [task.lease], said: { run: "r2", home: "h2" } });
    clone.report(task, TASK.FAILED, { sequence: 7 });
    await until("the ack of the clone", () => clone.heardOf("ack").length === 1);
    expect(clone.heardOf("cancel")).toMatchObject([{ lease: task.lease }]);
    original.report(task, TASK.SUCCEEDED, { sequence: 7 });
    await until("the ack of the original", () => original.heardOf("ack").length === 1);
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { total: 1, succeeded: 1, failed: 0 } });
  });
});

describe("a replaced machine", () => {
  it("works at once with all its slots, though the old machine's leases still last", async () => {
    await using plane = await startTest({ leaseMs: 60_000, challengeMs: 50 });
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
    using old = new FakeAgent({ address: plane.address, world, slots: 2, work: idle, said: { run: "r1", home: "h1" } });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    await until("two tasks", () => old.assignments.length === 2);
    old[Symbol.dispose]();
    await until("the loss", async () => (await describeAgent(plane)).state === wire.AgentState.OFFLINE);
    await delay(150);
    using _next = new FakeAgent({ address: plane.address, world, slots: 2, said: { run: "r2", home: "h2" } });
    await until("the third task", async () => Object.values(await taskStates(plane, id)).includes("succeeded 1"));
    await delay(50);
    expect(Object.values(await taskStates(plane, id)).sort()).toEqual(["leased 1", "leased 1", "succeeded 1"]);
    const words = "agent a1 works at another place now; the task stays with its former process until the lease ends";
    expect((await messages(plane.client, id)).filter((message) => message === words).length).toBe(2);
  });
});

async function taskStates(plane: TestControlPlane, id: string): Promise<Record<string, string>> {
  const names = { [TASK.SUCCEEDED]: "succeeded", [TASK.LEASED]: "leased" } as Record<number, string>;
  return Object.fromEntries((await tasks(plane.client, id)).map((task) => [task.id, `${names[task.state]} ${task.epoch}`]));
}
