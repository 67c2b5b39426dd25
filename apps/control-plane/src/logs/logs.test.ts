import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, finished, run, runToEnd, startTest, type TestControlPlane, tasks, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

const ANY: wire.StreamLogsRequest = {
  executionId: "",
  taskId: "",
  search: "",
  level: wire.LogLevel.UNSPECIFIED,
  afterSequence: 0,
  last: 0,
  follow: false,
};

async function logs({ client }: TestControlPlane, more: Partial<wire.StreamLogsRequest>): Promise<wire.LogLine[]> {
  const stream = client.executions.streamLogs({ ...ANY, ...more }, client.metadata);
  return await Array.fromAsync(stream as AsyncIterable<wire.LogLine>);
}

const FAILURE: wire.Failure = {
  code: "REGISTRY_FAILED",
  side: wire.Side.TARGET,
  message: "putting a manifest: PUT /v2/x on sg answered 500 (see https://s3.test/x?X-Sig=c4n4ry\nAuthorization: Bearer c4n4ryToken)",
  hint: "Look.",
  tried: "tried 5 times",
};

function line(task: wire.Assignment, number: number, more: Partial<wire.TaskLogLine> = {}): wire.TaskLogLine {
  const at = "2026-01-01T00:00:00.000Z";
  return { number, lease: task.lease, at, level: wire.LogLevel.INFO, code: "", message: `step ${number}`, fields: {}, ...more };
}

describe("the log of an execution", () => {
  it("tells its life in order: opened, planned, assigned, what the agent did, how it ended", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => {
        self.say({ $case: "log", value: { run: "a", lines: [line(task, 1), line(task, 2, { fields: { bytes: "7" } })] } });
        self.succeed(task);
      },
    });
    await apply(plane.client);
    const { id } = await runToEnd(plane.client);
    const [task] = await tasks(plane.client, id);
    const told = await logs(plane, { executionId: id });
    expect(told.map(({ message }) => message)).toEqual([
      "manual run of rule r opened",
      "phase inventory",
      "phase planning",
      "page 1 planned: 1 tasks, 0 unchanged; 1 repositories until now",
      expect.stringMatching(/^(?:phase copying|given to agent a1: )/) as string,
      expect.stringMatching(/^(?:phase copying|given to agent a1: )/) as string,
      "step 1",
      "step 2",
      "succeeded: 10 B copied",
      "succeeded: 1 of 1 tasks succeeded, 0 unchanged, 10 B copied",
    ]);
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index + 1));
    expect(told[7]).toMatchObject({ source: "a1", taskId: task?.id, artifact: "team/app:v1", fields: { bytes: "7" } });
    expect((await logs(plane, { taskId: task?.id ?? "" })).length).toBe(4);
    expect((await logs(plane, { executionId: id, search: "STEP", last: 1 })).map(({ message }) => message)).toEqual(["step 2"]);
    expect(agent.heardOf("logAck").map(({ number }) => number)).toEqual([2]);
  });

  it("names the cause, the side and the next attempt of a failure, and no secret that was told", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => {
        const told = line(task, task.attempt, {
          message: "GET https://u:c4n4ry@gz.test/x?sig=c4n4ry",
          fields: { password: "password=c4n4ry" },
        });
        self.say({ $case: "log", value: { run: "a", lines: [told] } });
        self.report(task, wire.TaskState.RETRYING, { failure: FAILURE, retryAfterMs: 1 });
      },
    });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    const warned = await until("a retry", async () => (await logs(plane, { executionId: id, level: wire.LogLevel.WARN })).at(0));
    const [task] = await tasks(plane.client, id);
    expect(warned.message).toMatch(
      /^attempt 1 failed, next at \d{4}-\d\d-\d\dT[\d:.]+Z: putting a manifest: .* answered 500 \(see https:\/\/s3\.test\/x\?\*\*\* .*\(target\)$/,
    );
    expect(warned).toMatchObject({ code: "REGISTRY_FAILED", taskId: task?.id, source: "control-plane" });
    expect(warned.fields).toMatchObject({ side: "target", attempt: "1", tried: "tried 5 times", hint: "Look.", agent: "a1" });
    expect(task?.failure).toMatchObject({ code: "REGISTRY_FAILED", tried: "tried 5 times" });
    expect(JSON.stringify([await logs(plane, { executionId: id }), task])).not.toContain("c4n4ry");
  });

  it("is followed to the end of the execution, from a place on, each line once", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    using _agent = new FakeAgent({
      address: plane.address,
      world,
      work: async (task, self) => {
        await held;
        self.succeed(task);
      },
    });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    await until("the assignment", async () => (await logs(plane, { executionId: id, search: "given to" })).length > 0);
    const following = logs(plane, { executionId: id, follow: true, afterSequence: 2 });
    await finishedSoon(plane, id, release);
    const told = await following;
    expect(told[0]?.sequence).toBe(3);
    expect(told.map(({ sequence }) => sequence)).toEqual(told.map((_, index) => index + 3));
    expect(told.at(-1)?.message).toMatch(/^succeeded: 1 of 1/);
    expect((await logs(plane, { executionId: id, follow: true })).at(-1)?.message).toBe(told.at(-1)?.message);
  });

  it("takes each line of an agent once, whatever is sent again, and none about work of others", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({ address: plane.address, world, work: (task) => void held.push(task) });
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    const task = await until("the assignment", () => held[0]);
    const say = (self: FakeAgent, runOf: string, ...numbers: number[]) =>
      self.say({ $case: "log", value: { run: runOf, lines: numbers.map((number) => line(task, number)) } });
    using stranger = new FakeAgent({ address: plane.address, world: new World(), name: "a2", slots: 0 });
    say(stranger, "s", 1);
    say(agent, "a", 1, 2);
    say(agent, "a", 1, 2, 3);
    await until("acknowledgements", () => agent.heardOf("logAck").at(-1)?.number === 3 && stranger.heardOf("logAck").length > 0);
    say(agent, "a", 2, 3, 4);
    say(agent, "restarted", 1);
    await until("acknowledgements", () => agent.heardOf("logAck").at(-1)?.number === 1);
    const told = (await logs(plane, { executionId: id, search: "step" })).map(({ message, source }) => `${source} ${message}`);
    expect(told).toEqual(["a1 step 1", "a1 step 2", "a1 step 3", "a1 step 4", "a1 step 1"]);
    const ofQuestion = [id, "absent"].map((executionId, index) => ({ ...line(task, 8 + index), lease: undefined, executionId }));
    stranger.say({ $case: "log", value: { run: "s", lines: ofQuestion } });
    await until("the acknowledgement", () => stranger.heardOf("logAck").at(-1)?.number === 9);
    const ofExecution = (await logs(plane, { executionId: id, search: "a2" })).map(({ message, taskId }) => [message, taskId]);
    expect(ofExecution).toEqual([["step 8", ""]]);
  });

  it("knows after a restart what an agent sent before", async () => {
    const directory = mkdtempSync(join(tmpdir(), "transship-logs-"));
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const held: wire.Assignment[] = [];
    const connect = (plane: TestControlPlane, holds: wire.LeaseKey[] = []) =>
      new FakeAgent({ address: plane.address, world, holds, work: (task) => void held.push(task) });
    try {
      let id = "";
      {
        await using plane = await startTest({ store: { directory } });
        using agent = connect(plane);
        await apply(plane.client);
        id = (await run(plane.client)).execution?.id ?? "";
        const task = await until("the assignment", () => held[0]);
        agent.say({ $case: "log", value: { run: "a", lines: [line(task, 1), line(task, 2)] } });
        await until("the acknowledgement", () => agent.heardOf("logAck").length > 0);
      }
      await using plane = await startTest({ store: { directory } });
      const [task] = held;
      if (task?.lease === undefined) throw new Error("nothing was assigned");
      using agent = connect(plane, [task.lease]);
      agent.say({ $case: "log", value: { run: "a", lines: [line(task, 2), line(task, 3)] } });
      await until("the acknowledgement", () => agent.heardOf("logAck").length > 0);
      const told = await logs(plane, { executionId: id, search: "step" });
      expect(told.map(({ message }) => message)).toEqual(["step 1", "step 2", "step 3"]);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it("ends the stream of an agent that does not wait for acknowledgements", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({ address: plane.address, world, work: (task) => void held.push(task) });
    await apply(plane.client);
    await run(plane.client);
    const task = await until("the assignment", () => held[0]);
    for (let first = 1; first <= 20_000; first += 500) {
      agent.say({ $case: "log", value: { run: "a", lines: Array.from({ length: 500 }, (_, index) => line(task, first + index)) } });
    }
    const error = await until("the end", () => agent.error);
    expect(error.message).toMatch(/the log of agent a1: it sent \d+ lines without waiting/);
  });

  it("is refused where there is none, and for questions that make no sense", async () => {
    await using plane = await startTest();
    await expect(logs(plane, { executionId: "absent" })).rejects.toThrow(/absent/);
    await expect(logs(plane, { executionId: "absent", search: "x".repeat(201) })).rejects.toThrow(/200 characters/);
    await expect(call(plane.client, plane.client.tasks, plane.client.tasks.getTask, { id: "no" })).rejects.toThrow();
  });
});

async function finishedSoon({ client }: TestControlPlane, id: string, release: () => void): Promise<void> {
  setTimeout(release, 300);
  await finished(client, id);
}
