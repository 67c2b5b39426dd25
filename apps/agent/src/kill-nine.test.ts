import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { taskStateFromMessage } from "@transship/api";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessTo } from "./testing/access.ts";
import { agentProcess } from "./testing/agent-process.ts";
import { assignment } from "./testing/assignment.ts";
import { eventually } from "./testing/eventually.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";

const MiB = 1024 ** 2;
let directory = "";
const children: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kill-nine-"));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

describe("kill -9 of the agent in the middle of a copy", () => {
  it("costs at most a chunk: the next process goes on from the byte", async () => {
    await using plane = await FakeControlPlane.start();
    await using from = await startDevRegistry();
    await using to = await startDevRegistry();
    const image = await seedImage(from, { repository: "app", tag: "v1", layers: [{ size: 32 * MiB, seed: "big" }] });
    const big = image.blobs.find((blob) => blob.size === 32 * MiB)?.digest ?? "";
    const slow = from.faults.add({ action: { kind: "slow", bytesPerSecond: 24 * MiB }, times: Number.POSITIVE_INFINITY });
    const task = (epoch: number) =>
      assignment(
        "x1.1",
        {
          digest: image.digest,
          attempt: epoch,
          source: { instance: "a", repository: "app", tag: "v1" },
          sourceAccess: accessTo(from.url),
          target: { instance: "b", repository: "copy/app", tag: "v1" },
          targetAccess: accessTo(to.url),
        },
        epoch,
      );

    const first = agentProcess(plane.address, directory);
    children.push(first);
    await plane.hear("demand");
    plane.send(task(1));
    await eventually("half of it", () => from.stats.bytesServed(big) > 16 * MiB, 15_000);
    const exited = once(first, "exit");
    first.kill("SIGKILL");
    await exited;
    expect(slow.fired).toBeGreaterThan(0);
    expect(plane.all("outcome")).toEqual([]);
    expect(plane.all("progress").length).toBeGreaterThan(0);

    plane.heard.splice(0);
    children.push(agentProcess(plane.address, directory));
    expect((await plane.hear("hello")).holds).toEqual([]);
    await plane.hear("demand");
    slow.remove();
    plane.send(task(2));
    const outcome = await plane.hear("outcome");
    expect(taskStateFromMessage(outcome.state)).toBe("succeeded");
    expect(outcome.progress?.bytes?.resumed).toBeGreaterThan(4 * MiB);
    expect(from.stats.bytesServed(big)).toBeLessThanOrEqual(32 * MiB + 8 * MiB);
    expect(await (await fetch(`${to.url}/v2/copy/app/manifests/v1`, { method: "HEAD" })).headers.get("docker-content-digest")).toBe(
      image.digest,
    );
  }, 30_000);
});
