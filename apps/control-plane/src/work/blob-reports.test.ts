import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest, tasks } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

describe("what the blobs of a task cost", () => {
  const bytes = { copied: 7, resumed: 2, wasted: 1 };
  const how = { rung: wire.Rung.COPIED, way: wire.Way.STREAM, upload: wire.UploadWay.MONOLITHIC };
  const blob = { ...how, ranges: 1, retries: 3, milliseconds: 40, ...bytes };
  const nowhere = { way: wire.Way.UNSPECIFIED, upload: wire.UploadWay.UNSPECIFIED };
  const mounted = { ...blob, ...nowhere, digest: "sha256:m", size: 9000, rung: wire.Rung.MOUNTED };

  it("is stored from the agent's report, shown with the task but not in lists, and counted by rung", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    // One more than an agent ought to send: the smallest is the one to go.
    const blobs = [...Array.from({ length: 200 }, (_, index) => ({ ...blob, digest: `sha256:${index}`, size: 1000 - index })), mounted];
    using _agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, agent) => {
        world.copy(task);
        agent.report(task, wire.TaskState.SUCCEEDED, { blobs });
      },
    });
    await apply(plane.client);
    const [listed] = await tasks(plane.client, (await runToEnd(plane.client)).id);
    expect(listed).toMatchObject({ state: wire.TaskState.SUCCEEDED, blobs: [] });
    const { client } = plane;
    const task = await call(client, client.tasks, client.tasks.getTask, { id: listed?.id ?? "" });
    expect(task.blobs).toEqual(blobs.filter(({ digest }) => digest !== "sha256:199"));
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_blobs_total{outcome="copied"} 199');
    expect(metrics).toContain('transship_blobs_total{outcome="mounted"} 1');
  });
});
