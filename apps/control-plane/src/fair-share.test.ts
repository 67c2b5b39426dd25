import { setTimeout as delay } from "node:timers/promises";
import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, execution, finished, run, startTest, type TestControlPlane, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const TASKS = 60;
const SLOTS = { a1: 2, a2: 2, a3: 4 };

function workers(plane: TestControlPlane) {
  const world = new World();
  for (let tag = 0; tag < TASKS; tag++) world.push("gz", { [`team/app:v${tag}`]: tag + 1 });
  const done = new Map<string, number>();
  const gone = new Set<string>();
  const agents = Object.entries(SLOTS).map(
    ([name, slots]) =>
      new FakeAgent({
        address: plane.address,
        world,
        name,
        slots,
        said: { run: `run of ${name}`, home: `home of ${name}` },
        work: async (task, agent) => {
          await delay(60);
          if (gone.has(name)) return;
          done.set(name, (done.get(name) ?? 0) + 1);
          agent.succeed(task);
        },
      }),
  );
  return { agents, done, gone };
}

describe("agents of one region", () => {
  it("share the work by their slots", async () => {
    await using plane = await startTest();
    const { agents, done } = workers(plane);
    using all = new DisposableStack();
    for (const agent of agents) all.use(agent);
    await until("all three", () => agents.every((agent) => agent.heardOf("welcome").length > 0));
    await apply(plane.client);
    const end = await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(end).toMatchObject({ tasks: { total: TASKS, succeeded: TASKS } });
    // A quarter, a quarter and a half, but for what was under way at the end.
    expect(done.get("a1")).toBeGreaterThanOrEqual(10);
    expect(done.get("a2")).toBeGreaterThanOrEqual(10);
    expect(done.get("a3")).toBeGreaterThanOrEqual(25);
    expect([...done.values()].reduce((sum, one) => sum + one, 0)).toBe(TASKS);
  });

  it("share what one of them leaves that is killed", { timeout: 20_000 }, async () => {
    await using plane = await startTest({ leaseMs: 3_000 });
    const { agents, done, gone } = workers(plane);
    using all = new DisposableStack();
    for (const agent of agents) all.use(agent);
    await until("all three", () => agents.every((agent) => agent.heardOf("welcome").length > 0));
    await apply(plane.client);
    const id = (await run(plane.client)).execution?.id ?? "";
    await until("some of its work", () => (done.get("a3") ?? 0) >= 6);
    gone.add("a3");
    agents[2]?.[Symbol.dispose]();
    const before = new Map(done);
    const end = await until(
      "the end",
      async () => {
        const now = await execution(plane.client, id);
        return now.finishedAt !== "" && now;
      },
      15_000,
    );
    expect(end).toMatchObject({ state: wire.ExecutionState.SUCCEEDED, tasks: { total: TASKS, succeeded: TASKS } });
    // Of what the killed one had done, at most the reports that were on their way are done again.
    const doings = [...done.values()].reduce((sum, one) => sum + one, 0);
    expect(doings).toBeGreaterThanOrEqual(TASKS);
    expect(doings).toBeLessThanOrEqual(TASKS + SLOTS.a3);
    const since = (name: string) => (done.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(Math.abs(since("a1") - since("a2"))).toBeLessThanOrEqual(6);
    expect(agents.slice(0, 2).flatMap(({ assignments }) => assignments.filter(({ lease }) => lease?.epoch === 2)).length).toBeGreaterThan(
      0,
    );
  });
});
