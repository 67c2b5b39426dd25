import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wire } from "@transship/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, call, execution, finished, run, startTest, tasks, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const { INVENTORY, PLANNING, COPYING, QUEUED, SUCCEEDED } = wire.ExecutionState;

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-"));
});
afterEach(() => rm(directory, { recursive: true }));

const start = () => startTest({ store: { directory }, leaseMs: 30_000 });

function twoImages(): World {
  const world = new World();
  world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
  return world;
}

describe("a control plane that starts again", () => {
  it("lists again where it was listing, once an agent is back", async () => {
    const world = twoImages();
    let id = "";
    {
      await using plane = await start();
      using agent = new FakeAgent({ address: plane.address, world, answer: () => "silence" });
      await apply(plane.client);
      id = (await run(plane.client)).execution?.id ?? "";
      await until("the question", () => agent.heardOf("question").length > 0);
      expect((await execution(plane.client, id)).state).toBe(INVENTORY);
    }
    await using plane = await start();
    expect((await execution(plane.client, id)).state).toBe(INVENTORY);
    using _agent = new FakeAgent({ address: plane.address, world });
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED, tasks: { total: 2, succeeded: 2 }, unchanged: 0 });
  });

  it("plans on where it was planning, and counts nothing twice", async () => {
    const world = twoImages();
    let id = "";
    {
      await using plane = await start();
      using agent = new FakeAgent({
        address: plane.address,
        world,
        answer: ({ id: questionId, ask }, self) => {
          if (ask?.$case !== "listTags") return undefined;
          // A first part, and then nothing more: what it brought is planned and copied all the same.
          const found = { $case: "tags", value: { tags: world.list("gz").slice(0, 1) } } as const;
          for (let part = 0; part < 4; part++) self.say({ $case: "answer", value: { questionId, part, last: false, found } });
          return "silence";
        },
      });
      await apply(plane.client);
      id = (await run(plane.client)).execution?.id ?? "";
      await until("a copy", async () => (await tasks(plane.client, id)).some((task) => task.state === wire.TaskState.SUCCEEDED));
      expect((await execution(plane.client, id)).state).toBe(PLANNING);
      expect(agent.assignments).toHaveLength(1);
    }
    await using plane = await start();
    using agent = new FakeAgent({ address: plane.address, world });
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED, tasks: { total: 2, succeeded: 2 }, unchanged: 0 });
    expect(agent.assignments.map((task) => task.source?.tag)).toEqual(["v2"]);
  });

  it("goes on copying: agents keep their leases, and reports that waited count", async () => {
    const world = twoImages();
    let id = "";
    let held: wire.Assignment[] = [];
    {
      await using plane = await start();
      using agent = new FakeAgent({ address: plane.address, world, work: () => undefined });
      await apply(plane.client);
      id = (await run(plane.client)).execution?.id ?? "";
      await until("the tasks", () => agent.assignments.length === 2);
      await until("copying", async () => (await execution(plane.client, id)).state === COPYING);
      held = agent.assignments;
      await plane.drain();
      await until("the hint", () => agent.ended);
      expect(agent.error?.code).toBe("CONTROL_PLANE_UNREACHABLE");
    }
    await using plane = await start();
    const holds = held.flatMap((task) => task.lease ?? []);
    using agent = new FakeAgent({ address: plane.address, world, holds });
    for (const task of held) agent.succeed(task);
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED, tasks: { total: 2, succeeded: 2 } });
    expect(agent.assignments).toEqual([]);
  });

  it("starts the one that waited when the one before it ends", async () => {
    const world = twoImages();
    let waiting = "";
    {
      await using plane = await start();
      using agent = new FakeAgent({ address: plane.address, world, work: () => undefined });
      await apply(plane.client);
      await run(plane.client);
      waiting = (await run(plane.client)).execution?.id ?? "";
      await until("the tasks", () => agent.assignments.length === 2);
      expect((await execution(plane.client, waiting)).state).toBe(QUEUED);
    }
    await using plane = await start();
    using _agent = new FakeAgent({ address: plane.address, world });
    expect(await finished(plane.client, waiting)).toMatchObject({ state: SUCCEEDED, unchanged: 2 });
  });

  it("waits a moment for agents that it knows before it says that there is no route", async () => {
    const world = twoImages();
    {
      await using plane = await start();
      using agent = new FakeAgent({ address: plane.address, world });
      await until("the welcome", () => agent.heardOf("welcome").length > 0);
      await apply(plane.client);
    }
    await using plane = await start();
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect((await execution(plane.client, id)).state).toBe(INVENTORY);
    using _agent = new FakeAgent({ address: plane.address, world });
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED });
  });

  it("gives up on work that was under way when no agent comes back in time", async () => {
    const world = twoImages();
    let id = "";
    {
      await using plane = await start();
      using agent = new FakeAgent({ address: plane.address, world, answer: () => "silence" });
      await apply(plane.client);
      id = (await run(plane.client)).execution?.id ?? "";
      await until("the question", () => agent.heardOf("question").length > 0);
    }
    await using plane = await startTest({ store: { directory }, routePatienceMs: 200 });
    expect(await finished(plane.client, id)).toMatchObject({ failure: { code: "NO_ROUTE" } });
  });

  it("serves a socket in place of a port", async () => {
    await using plane = await startTest({ grpc: { socketPath: join(directory, "grpc.sock") } });
    const { server } = plane.client;
    expect(await call(plane.client, server, server.getServerInfo, {})).toMatchObject({ version: "0.1.0" });
  });

  it("lists again when the listing agent dies in the middle", async () => {
    const world = twoImages();
    await using plane = await startTest();
    let silent = true;
    const options = { address: plane.address, world, answer: () => (silent ? ("silence" as const) : undefined) };
    const agent = new FakeAgent(options);
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const question = await until("the question", () => agent.heardOf("question")[0]);
    const found = { $case: "tags", value: { tags: world.list("gz") } } as const;
    agent.say({ $case: "answer", value: { questionId: question.id, part: 0, last: false, found } });
    await until("its use", () => agent.heardOf("question").length > 1);
    agent[Symbol.dispose]();
    silent = false;
    using _back = new FakeAgent(options);
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED, tasks: { total: 2, succeeded: 2 } });
  });

  it("refuses a data directory and a port that are in use", async () => {
    await using plane = await start();
    await expect(start()).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
    const port = Number(plane.address.split(":").at(-1));
    await expect(startTest({ grpc: { host: "127.0.0.1", port } })).rejects.toMatchObject({ code: "PORT_IN_USE" });
    const http = Number(plane.httpAddress.split(":").at(-1));
    await expect(startTest({ http: { host: "127.0.0.1", port: http } })).rejects.toMatchObject({ code: "PORT_IN_USE" });
  });
});
