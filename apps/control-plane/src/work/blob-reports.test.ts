import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest, tasks } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

describe("what the blobs of a task cost", () => {
  const bytes = { copied: 7, resumed: 2, wasted: 1 };
  const how = { rung: wire.Rung.COPIED, way: wire.Way.STREAM, upload: wire.UploadWay.MONOLITHIC };
  const blob = { ...how, from: "", state: wire.BlobState.DONE, ranges: 1, retries: 3, milliseconds: 40, ...bytes };
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
    expect(metrics).toContain('transship_blobs_total{rung="copied"} 199');
    expect(metrics).toContain('transship_blobs_total{rung="mounted"} 1');
    expect(metrics).toContain('transship_blob_bytes_total{rung="mounted"} 9000');
  });

  it("is stored of a failed attempt too, and added up over attempts, for the task and its execution", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const done = { ...blob, digest: "sha256:a", size: 70 };
    const failed = { ...done, digest: "sha256:b", state: wire.BlobState.FAILED, retries: 4 };
    const sum = { rung: wire.Rung.COPIED, count: 1, bytes: 70, retries: 7 };
    let attempts = 0;
    let seen: wire.Task | undefined;
    using _agent = new FakeAgent({
      address: plane.address,
      world,
      work: async (task, agent) => {
        attempts += 1;
        if (attempts === 1) {
          const failure = { code: "CONNECTION_FAILED", side: 1, message: "x: y", hint: "z", tried: "" } as const;
          agent.report(task, wire.TaskState.RETRYING, { blobs: [done, failed], blobSums: [sum], failure });
          return;
        }
        seen = await call(plane.client, plane.client.tasks, plane.client.tasks.getTask, { id: task.lease?.taskId ?? "" });
        world.copy(task);
        // As an agent of the version before: it has no sums.
        agent.report(task, wire.TaskState.SUCCEEDED, { blobs: [{ ...done, rung: wire.Rung.EXISTING, retries: 0 }] });
      },
    });
    await apply(plane.client);
    const end = await runToEnd(plane.client);
    expect(seen).toMatchObject({ attempts: 2, blobs: [done, failed], blobSums: [sum] });
    const both = [{ rung: wire.Rung.EXISTING, count: 1, bytes: 70, retries: 0 }, sum];
    expect(end.blobs).toEqual(both);
    const [listed] = await tasks(plane.client, end.id);
    const task = await call(plane.client, plane.client.tasks, plane.client.tasks.getTask, { id: listed?.id ?? "" });
    expect(task.blobSums).toEqual(both);
    expect(task.blobs).toMatchObject([{ rung: wire.Rung.EXISTING, state: wire.BlobState.DONE }]);
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    for (const line of ['blobs_total{rung="copied"} 1', 'blobs_total{rung="existing"} 1', 'blob_retries_total{rung="copied"} 7']) {
      expect(metrics).toContain(`transship_${line}`);
    }
    expect(metrics).toContain('transship_bytes_total{kind="copied"} 10');
  });
});
