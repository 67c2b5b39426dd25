import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, execution, run, startTest, tasks, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

const progress = (doneBytes: number) => ({
  totalBytes: 100,
  doneBytes,
  fetchedBytes: doneBytes + 30,
  bytes: { copied: doneBytes, mounted: 0, existing: 0, resumed: 0, wasted: 0 },
});

describe("progress", () => {
  it("shows on the task and its execution; a lease that is not the newest is told to stop", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world, work: () => undefined });
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    const task = await until("the task", () => agent.assignments[0]);
    for (const done of [10, 40]) {
      agent.say({ $case: "progress", value: { lease: task.lease, state: wire.TaskState.COPYING, progress: progress(done) } });
    }
    const [shown] = await until("the progress", async () => {
      const list = await tasks(plane.client, id);
      return list[0]?.state === wire.TaskState.COPYING && list;
    });
    expect(shown?.progress).toMatchObject({ totalBytes: 100, doneBytes: 40 });
    expect(await execution(plane.client, id)).toMatchObject({ totalBytes: 100, doneBytes: 40, fetchedBytes: 70, tasks: { running: 1 } });
    const stale = { taskId: task.lease?.taskId ?? "", epoch: 99 };
    agent.say({ $case: "progress", value: { lease: stale, state: wire.TaskState.COPYING, progress: progress(50) } });
    await until("the cancel", () => agent.heardOf("cancel").some((cancel) => cancel.lease?.epoch === 99));
    expect(await execution(plane.client, id)).toMatchObject({ doneBytes: 40 });
  });
});
