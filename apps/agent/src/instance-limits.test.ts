import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { taskStateFromMessage, type wire } from "@transship/api";
import { type DevRegistry, seedImage, startDevRegistry } from "@transship/dev-registry";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAgent } from "./agent.ts";
import { accessTo } from "./testing/access.ts";
import { assignment } from "./testing/assignment.ts";
import { eventually } from "./testing/eventually.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";

const MiB = 1024 ** 2;
const NO_LIMITS = { bytesPerSecond: 0, requestsPerSecond: 0, connections: 0 };
let stack: AsyncDisposableStack;
let plane: FakeControlPlane;
let from: DevRegistry;
let to: DevRegistry;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "limits-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  plane = stack.use(await FakeControlPlane.start());
  from = stack.use(await startDevRegistry());
  to = stack.use(await startDevRegistry());
  const server = { address: plane.address, insecure: true };
  stack.use(await startAgent({ name: "a", region: "r", slots: 4, server, dataDirectory: directory, logger: pino({ level: "silent" }) }));
  await plane.hear("demand");
});
afterEach(() => stack.disposeAsync());

/** Seeds an image under its task's name and assigns its copy. */
async function assign(taskId: string, bytes: number, source: Partial<wire.RegistryAccess>, rule = "r1"): Promise<void> {
  const { digest } = await seedImage(from, { repository: taskId, tag: "v1", layers: [{ size: bytes, seed: taskId }] });
  plane.send(
    assignment(taskId, {
      digest,
      source: { instance: "limited", repository: taskId, tag: "v1" },
      sourceAccess: accessTo(from.url, undefined, { instance: "limited", ...source }),
      target: { instance: "free", repository: taskId, tag: "v1" },
      targetAccess: accessTo(to.url, undefined, { instance: "free" }),
      rule,
    }),
  );
}

/** Milliseconds from now to the success of all tasks. */
async function untilCopied(...taskIds: string[]): Promise<number> {
  const begun = performance.now();
  for (const taskId of taskIds) {
    const isOver = () => plane.all("outcome").some((outcome) => outcome.lease?.taskId === taskId);
    await eventually(`the end of ${taskId}`, isOver, 20_000);
    const outcome = await plane.hear("outcome", ({ lease }) => lease?.taskId === taskId);
    expect([taskStateFromMessage(outcome.state), outcome.failure]).toEqual(["succeeded", undefined]);
  }
  return performance.now() - begun;
}

describe("an instance's limits", () => {
  it("hold for a copy: 2 MiB/s make 4 MiB last", async () => {
    await assign("one", 4 * MiB, { limits: { ...NO_LIMITS, bytesPerSecond: 2 * MiB } });
    const ms = await untilCopied("one");
    // All of it at the rate, but for the quarter of a second's worth that may go at once.
    expect(ms).toBeGreaterThan(1_500);
    expect(ms).toBeLessThan(6_000);
    expect(from.stats.bytesServed()).toBeGreaterThan(4 * MiB);
  }, 30_000);

  it("hold for all tasks together, also when they log in differently, and for work under way when they change", async () => {
    const limits = { ...NO_LIMITS, bytesPerSecond: 2 * MiB };
    await assign("one", 2 * MiB, { limits });
    await assign("two", 2 * MiB, { limits, credential: { username: "u", password: "p" } });
    expect(await untilCopied("one", "two")).toBeGreaterThan(1_500);

    const asked = from.stats.requests("blob-get");
    await assign("slow", 4 * MiB, { limits: { ...NO_LIMITS, bytesPerSecond: 64 * 1024 } });
    await eventually("its first bytes", () => from.stats.requests("blob-get") > asked);
    // At its own limit it would take a minute.
    await assign("quick", 1_000, { limits: NO_LIMITS });
    expect(await untilCopied("slow", "quick")).toBeLessThan(15_000);
  }, 40_000);

  it("bound the requests in flight", async () => {
    const slow = from.faults.add({ action: { kind: "delay", milliseconds: 30 }, times: Number.POSITIVE_INFINITY });
    const names = ["one", "two", "three", "four"];
    for (const name of names) await assign(name, 1_000, { limits: { ...NO_LIMITS, connections: 1 } });
    await untilCopied(...names);
    expect(slow.fired).toBeGreaterThan(8);
    for (const op of ["manifest-head", "manifest-get", "blob-get"] as const) expect(from.stats.peakInFlight(op)).toBeLessThanOrEqual(1);
  }, 30_000);
});

describe("a share", () => {
  const share = (limits: wire.Limits | undefined, pausedForMs = 0) =>
    plane.send({ $case: "budget", value: { instances: [{ instance: "limited", limits, pausedForMs }], rules: [] } });

  it("holds whatever older accesses say, and for work under way when it changes", async () => {
    share({ ...NO_LIMITS, bytesPerSecond: 64 * 1024 });
    const asked = from.stats.requests("blob-get");
    await assign("slow", 4 * MiB, {});
    await eventually("its first bytes", () => from.stats.requests("blob-get") > asked);
    const begun = performance.now();
    share({ ...NO_LIMITS, bytesPerSecond: 2 * MiB });
    await untilCopied("slow");
    expect(performance.now() - begun).toBeGreaterThan(1_000);
    expect(performance.now() - begun).toBeLessThan(15_000);
  }, 30_000);

  it("of a pause that another agent was asked for keeps everything from the registry until it is over", async () => {
    const told = Date.now();
    share(undefined, 2_000);
    await assign("one", 1_000, {});
    await untilCopied("one");
    expect(Math.min(...from.stats.log.map(({ startedAt }) => startedAt.getTime())) - told).toBeGreaterThanOrEqual(1_990);
  }, 30_000);

  it("of a rule paces all its tasks together, and those of no other", async () => {
    plane.send({ $case: "budget", value: { instances: [], rules: [{ rule: "r1", bytesPerSecond: 2 * MiB }] } });
    await assign("one", 2 * MiB, {});
    await assign("two", 2 * MiB, {});
    const begun = performance.now();
    await assign("other", 8 * MiB, {}, "r2");
    await untilCopied("other");
    const otherMs = performance.now() - begun;
    await untilCopied("one", "two");
    const ms = performance.now() - begun;
    expect(ms).toBeGreaterThan(1_500);
    expect(ms).toBeLessThan(8_000);
    expect(otherMs).toBeLessThan(4_000);
  }, 30_000);
});

describe("Retry-After", () => {
  it("closes the instance for another task too: nothing arrives before", async () => {
    const throttled = from.faults.add({ action: { kind: "too-many-requests", retryAfter: "2" } });
    await assign("one", 1_000, {});
    await eventually("the 429", () => throttled.fired === 1);
    await assign("two", 1_000, { credential: { username: "u", password: "p" } });
    await untilCopied("one", "two");
    const { log } = from.stats;
    const refusal = log.find(({ status }) => status === 429);
    const refusedAt = (refusal?.startedAt.getTime() ?? 0) + (refusal?.duration ?? 0);
    const others = log.filter((record) => record !== refusal).map(({ startedAt }) => startedAt.getTime() - refusedAt);
    expect(throttled.fired).toBe(1);
    expect(others.length).toBeGreaterThanOrEqual(4);
    // A HEAD that shows how far away the source is goes beside the first manifest: one request may have been on its way when the other was refused.
    const later = others.filter((after) => after > 100);
    expect(others.length - later.length).toBeLessThanOrEqual(1);
    // Both clocks are rounded to whole milliseconds.
    expect(Math.min(...later)).toBeGreaterThanOrEqual(1_998);
  }, 30_000);
});
