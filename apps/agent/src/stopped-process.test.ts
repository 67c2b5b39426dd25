import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { accessTo } from "./testing/access.ts";
import { agentProcess } from "./testing/agent-process.ts";
import { assignment } from "./testing/assignment.ts";
import { eventually } from "./testing/eventually.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";

const LEASE_MS = 1_500;
let directory = "";
let child: ChildProcess | undefined;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "stopped-"));
});
afterEach(() => {
  child?.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

describe("an agent that is stopped (SIGSTOP) for longer than its lease", () => {
  it("gives nothing more to the target when it wakes, and does not speak of the task", async () => {
    await using plane = await FakeControlPlane.start();
    plane.behaviour.leaseMs = LEASE_MS;
    await using from = await startDevRegistry();
    await using to = await startDevRegistry();
    const image = await seedImage(from, { repository: "app", tag: "v1", layers: [{ size: 4 * 1024 ** 2, seed: "big" }] });
    from.faults.add({ action: { kind: "slow", bytesPerSecond: 4 * 1024 ** 2 }, times: Number.POSITIVE_INFINITY });
    child = agentProcess(plane.address, directory);
    await plane.hear("demand");
    plane.send(
      assignment("x1.1", {
        leaseMs: LEASE_MS,
        digest: image.digest,
        source: { instance: "a", repository: "app", tag: "v1" },
        sourceAccess: accessTo(from.url),
        target: { instance: "b", repository: "copy/app", tag: "v1" },
        targetAccess: accessTo(to.url),
      }),
    );
    await eventually("bytes move", () => from.stats.bytesServed() > 0);
    child.kill("SIGSTOP");
    // The renewals that it can no longer send are the only thing that is missing: its sockets stay open.
    await sleep(LEASE_MS * 1.2);
    const demands = plane.all("demand").length;
    const renewals = plane.all("renew").length;
    child.kill("SIGCONT");
    await eventually("the slot is free again", () => plane.all("demand").length > demands);
    // Longer than the rest of the copy would need.
    await sleep(1_200);
    expect(plane.all("outcome")).toEqual([]);
    expect(to.stats.requests("manifest-put")).toBe(0);
    // It woke to find the lease gone, and did not ask for it again.
    expect(plane.all("renew").length).toBe(renewals);
    expect(plane.demand).toBe(4);
  }, 20_000);
});
