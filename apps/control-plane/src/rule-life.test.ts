import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, call, execution, finished, instance, rule, run, runToEnd, startTest, tasks, until } from "./testing/test-control-plane.ts";
import { fakeDigest, World } from "./testing/world.ts";

const { SUCCEEDED, PARTIAL, FAILED, STOPPED, COPYING } = wire.ExecutionState;
const TASK = wire.TaskState;

describe("a rule", () => {
  it("lists, plans, copies and reports; a second run finds nothing to do", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/web:v1": 3 });
    world.push("sg", { "mirror/app:v2": 2 });
    using agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client);

    const first = await runToEnd(plane.client);
    expect(first).toMatchObject({
      state: SUCCEEDED,
      unchanged: 1,
      repositories: 2,
      tasks: { total: 2, succeeded: 2 },
      bytes: { copied: 20 },
    });
    expect(world.at("sg").get("mirror/web:v1")).toBe(fakeDigest(3));
    expect((await tasks(plane.client, first.id))[0]).toMatchObject({ agent: "a1", attempts: 1, state: TASK.SUCCEEDED });

    const second = await runToEnd(plane.client);
    expect(second).toMatchObject({ state: SUCCEEDED, unchanged: 3, tasks: { total: 0 } });
    expect(agent.assignments).toHaveLength(2);
  });

  it("hands credentials of the right instance to the agent and nowhere else", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world });
    const secret = "canary-s3cret";
    const credential = { username: "u", password: secret };
    await apply(plane.client, { resources: [instance("gz", { credential }), instance("sg"), rule("r")] });
    await runToEnd(plane.client);
    expect(agent.assignments[0]?.sourceAccess?.credential).toEqual(credential);
    expect(agent.assignments[0]?.targetAccess?.credential).toBeUndefined();
    const shown = await call(plane.client, plane.client.instances, plane.client.instances.listInstances, {});
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(shown.instances).toHaveLength(2);
    expect(JSON.stringify([shown, plane.logged, metrics])).not.toContain(secret);
  });

  it("runs once at a time: a second run waits, a third is merged with it", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({ address: plane.address, world, work: (task) => void held.push(task) });
    await apply(plane.client);
    const first = await run(plane.client);
    const second = await run(plane.client);
    const third = await run(plane.client);
    expect([first, second, third].map(({ outcome }) => outcome)).toEqual([1, 2, 3]);
    expect(third.execution?.id).toBe(second.execution?.id);
    const [task] = await until("the task", () => held.length > 0 && held);
    if (task !== undefined) agent.succeed(task);
    expect((await finished(plane.client, second.execution?.id ?? "")).unchanged).toBe(1);
  });

  it("fails, with the side, when a listing fails", async () => {
    await using plane = await startTest();
    const failure = { code: "UNAUTHORIZED", side: wire.Side.UNSPECIFIED, message: "listing gz: 401", hint: "", tried: "" };
    using _agent = new FakeAgent({
      address: plane.address,
      world: new World(),
      answer: ({ ask }) => (ask?.$case === "listTags" ? { $case: "failure", value: failure } : undefined),
    });
    await apply(plane.client);
    const end = await runToEnd(plane.client);
    expect(end).toMatchObject({ state: FAILED, failure: { code: "UNAUTHORIZED", side: wire.Side.SOURCE, message: "listing gz: 401" } });
  });

  it("fails at once, with the reason, where no agent reaches both sides", async () => {
    await using plane = await startTest();
    using agent = new FakeAgent({ address: plane.address, world: new World(), networks: ["elsewhere"] });
    await until("the agent", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client);
    const end = await runToEnd(plane.client);
    expect(end).toMatchObject({ state: FAILED, failure: { code: "NO_ROUTE" } });
    expect(end.failure?.message).toContain("a1 does not reach gz: it is in elsewhere, and gz in public");
  });

  it("ends partial where a task fails, and repeats only that", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    let broken = true;
    const failure = { code: "DENIED", side: wire.Side.TARGET, message: "pushing: denied", hint: "ask", tried: "" };
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => (broken && task.source?.tag === "v2" ? void self.report(task, TASK.FAILED, { failure }) : self.succeed(task)),
    });
    await apply(plane.client);
    const first = await runToEnd(plane.client);
    expect(first).toMatchObject({ state: PARTIAL, tasks: { total: 2, failed: 1, succeeded: 1 } });
    expect(first.failures).toMatchObject([{ artifact: "team/app:v2", attempts: 1, failure: { code: "DENIED", side: wire.Side.TARGET } }]);
    broken = false;
    const { executions } = plane.client;
    const again = await call(plane.client, executions, executions.retryExecution, { id: first.id, failedOnly: true });
    expect(await finished(plane.client, again.id)).toMatchObject({
      state: SUCCEEDED,
      retryOf: first.id,
      trigger: "retry",
      tasks: { total: 1 },
    });
    expect(agent.assignments).toHaveLength(3);
    await expect(call(plane.client, executions, executions.retryExecution, { id: again.id, failedOnly: true })).rejects.toMatchObject({
      code: "CONFLICT",
    });
    const [lost] = (await tasks(plane.client, first.id)).filter((task) => task.state === TASK.FAILED);
    const single = await call(plane.client, plane.client.tasks, plane.client.tasks.retryTask, { id: lost?.id ?? "" });
    expect(await finished(plane.client, single.executionId)).toMatchObject({ state: SUCCEEDED, tasks: { total: 1 } });
  });

  it("stops within a second: waiting tasks are cancelled and agents told", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
    using agent = new FakeAgent({ address: plane.address, world, slots: 1, work: () => undefined });
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    await until("the task", () => agent.assignments.length > 0);
    expect(
      (await until("copying", async () => (await execution(plane.client, id)).state === COPYING && execution(plane.client, id))).state,
    ).toBe(COPYING);
    const begin = performance.now();
    const stopped = await call(plane.client, plane.client.executions, plane.client.executions.stopExecution, { id });
    expect(performance.now() - begin).toBeLessThan(1000);
    expect(stopped).toMatchObject({ state: STOPPED, tasks: { total: 3, cancelled: 3 } });
    await until("the cancel", () => agent.heardOf("cancel").length === 1);
    const again = call(plane.client, plane.client.executions, plane.client.executions.stopExecution, { id });
    await expect(again).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("stops in the middle of a listing that never answers", async () => {
    await using plane = await startTest();
    using agent = new FakeAgent({ address: plane.address, world: new World(), answer: () => "silence" });
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    await until("the question", () => agent.heardOf("question").length > 0);
    const stopped = await call(plane.client, plane.client.executions, plane.client.executions.stopExecution, { id });
    expect(stopped.state).toBe(STOPPED);
    await until("the end of the question", () => agent.heardOf("cancelQuestion").length === 1);
  });

  it("cannot run while it is disabled", async () => {
    await using plane = await startTest();
    await apply(plane.client);
    await call(plane.client, plane.client.rules, plane.client.rules.setRuleEnabled, { name: "r", enabled: false });
    await expect(run(plane.client)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});
