import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { taskStateFromMessage, wire } from "@transship/api";
import { type DevRegistry, type SeededImage, seedImage, startDevRegistry } from "@transship/dev-registry";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startAgent } from "./agent.ts";
import { accessTo } from "./testing/access.ts";
import { assignment } from "./testing/assignment.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";

/** So long that a busy machine does not take what is near for far. */
const FAR_MS = 200;
const SECRET = "the sibling's secret";
const logged: string[] = [];
let stack: AsyncDisposableStack;
let plane: FakeControlPlane;
let directory: string;
let source: DevRegistry;
let first: DevRegistry;
let second: DevRegistry;
let image: SeededImage;

beforeEach(async () => {
  stack = new AsyncDisposableStack();
  directory = mkdtempSync(join(tmpdir(), "siblings-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  plane = stack.use(await FakeControlPlane.start());
  source = stack.use(await startDevRegistry());
  first = stack.use(await startDevRegistry({ auth: { scheme: "basic", users: [{ username: "robot", password: SECRET }] } }));
  second = stack.use(await startDevRegistry());
  image = await seedImage(source, { repository: "app", tag: "v1", layers: [{ size: 400_000, seed: 1 }] });
  source.faults.add({
    action: { kind: "delay", milliseconds: FAR_MS },
    match: { op: ["blob-get", "manifest-get", "manifest-head"] },
    times: Number.POSITIVE_INFINITY,
  });
});
afterEach(() => stack.disposeAsync());

async function start() {
  const logger = pino({ level: "trace" }, { write: (line: string) => void logged.push(line) });
  const server = { address: plane.address, insecure: true };
  const said = plane.all("demand").length;
  const agent = await startAgent({ name: "a", region: "r", slots: 1, server, dataDirectory: directory, logger });
  await expect.poll(() => plane.all("demand").length).toBeGreaterThan(said);
  return agent;
}

const toFirst = () => accessTo(first.url, { username: "robot", password: SECRET }, { instance: "first" });

/** Has the image copied and returns what it cost. */
async function copyTo(
  taskId: string,
  target: wire.RegistryAccess,
  siblings: wire.RegistryAccess[],
  holdings: wire.Holding[] = [],
): Promise<wire.Outcome> {
  const place = (instance: string) => ({ instance, repository: "app", tag: "v1" });
  plane.send(
    assignment(taskId, {
      digest: image.digest,
      source: place("far"),
      sourceAccess: accessTo(source.url, undefined, { instance: "far" }),
      target: place(target.instance),
      targetAccess: target,
      siblings,
      holdings,
    }),
  );
  const outcome = await plane.hear("outcome", ({ lease }) => lease?.taskId === taskId);
  expect([taskStateFromMessage(outcome.state), outcome.failure]).toEqual(["succeeded", undefined]);
  return outcome;
}

describe("an agent that serves two targets", () => {
  it("takes for the second what it brought to the first, also after a restart, with the access that the task carries", async () => {
    const before = await start();
    await copyTo("one", toFirst(), []);
    await before[Symbol.asyncDispose]();
    await using _ = await start();
    source.stats.reset();
    const unreachable = { instance: "broken", endpoint: undefined, credential: undefined };

    const outcome = await copyTo("two", accessTo(second.url, undefined, { instance: "second" }), [unreachable, toFirst()]);

    expect(source.stats.requests("blob-get")).toBe(0);
    expect(outcome.blobs.map(({ rung, from }) => [rung, from])).toEqual(image.blobs.map(() => [wire.Rung.SIBLING, "first"]));
    expect(logged.join("")).not.toContain(SECRET);
  });

  it("takes what another agent brought to the first, where the task says so, and remembers it", async () => {
    await using _ = await start();
    // As another agent leaves it: this one's journal knows nothing of it.
    await seedImage(first, { repository: "mirror/app", tag: "v1", layers: [{ size: 400_000, seed: 1 }] });
    const wrong = { instance: "first", repository: "mirror/other" };
    const holdings = [wrong, { instance: "first", repository: "mirror/app" }, { instance: "unknown", repository: "app" }];

    const outcome = await copyTo("one", accessTo(second.url, undefined, { instance: "second" }), [toFirst()], holdings);

    expect(source.stats.requests("blob-get")).toBe(0);
    expect(outcome.blobs.map(({ rung, from }) => [rung, from])).toEqual(image.blobs.map(() => [wire.Rung.SIBLING, "first"]));
    expect(outcome.blobSums).toMatchObject([{ rung: wire.Rung.SIBLING, count: image.blobs.length }]);

    await using empty = await startDevRegistry();
    const last = await copyTo("two", accessTo(empty.url, undefined, { instance: "third" }), [toFirst()], [wrong]);
    // By the journal, which has learned where it is: the one place that is named has nothing of it.
    expect(last.blobs.map(({ from }) => from)).toEqual(image.blobs.map(() => "first"));
    expect(logged.join("")).not.toContain(SECRET);
  });

  it("takes the source where the task names no sibling", async () => {
    await using _ = await start();
    await copyTo("one", toFirst(), []);
    source.stats.reset();

    const outcome = await copyTo("two", accessTo(second.url, undefined, { instance: "second" }), []);

    expect(source.stats.requests("blob-get")).toBe(image.blobs.length);
    expect(outcome.blobs.map(({ rung }) => rung)).toEqual(image.blobs.map(() => wire.Rung.COPIED));
  });
});
