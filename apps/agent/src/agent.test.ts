import { mkdtempSync, rmSync, statSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { taskStateFromMessage, wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { NO_BYTES } from "@transship/model";
import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Agent, startAgent } from "./agent.ts";
import type { AgentOptions } from "./agent-options.ts";
import { assignment } from "./testing/assignment.ts";
import { eventually } from "./testing/eventually.ts";
import { FakeControlPlane } from "./testing/fake-control-plane.ts";
import { type FakeCopy, FakeEngine } from "./testing/fake-engine.ts";

let directory = "";
let plane: FakeControlPlane;
let engine: FakeEngine;
const agents: Agent[] = [];

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), "agent-"));
  plane = await FakeControlPlane.start();
  engine = new FakeEngine();
});
afterEach(async () => {
  for (const agent of agents.splice(0)) await agent[Symbol.asyncDispose]();
  await plane[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true, force: true });
});

async function start(more: Partial<AgentOptions> = {}): Promise<Agent> {
  const agent = await startAgent({
    name: "sg-1",
    region: "ap-singapore",
    slots: 2,
    server: { address: plane.address, insecure: true },
    dataDirectory: join(directory, "data"),
    logger: pino({ level: "silent" }),
    engine: () => engine,
    ...more,
  });
  agents.push(agent);
  return agent;
}

async function copyOf(taskId: string, nth = 0): Promise<FakeCopy> {
  return await eventually(`copy ${nth} of ${taskId}`, () => engine.copies.filter((copy) => copy.request.tag === taskId)[nth]);
}

const outcomeOf = async (taskId: string): Promise<wire.Outcome> =>
  await plane.hear("outcome", (outcome) => outcome.lease?.taskId === taskId);
const stateOf = (outcome: wire.Outcome) => taskStateFromMessage(outcome.state);

describe("hello", () => {
  it("says who the agent is, then what it can take, and is ready once", async () => {
    let ready = 0;
    await start({ border: "intl", networks: ["public", "vpc"], onReady: () => (ready += 1) });
    const hello = await plane.hear("hello");
    expect(hello).toMatchObject({ name: "sg-1", region: "ap-singapore", border: "intl", networks: ["public", "vpc"], slots: 2, holds: [] });
    await eventually("demand 2", () => plane.demand === 2);
    plane.cut();
    await eventually("a second stream", () => plane.all("hello").length === 2);
    expect(ready).toBe(1);
    expect(statSync(join(directory, "data")).mode & 0o777).toBe(0o700);
  });

  it("says its labels, machine and home, and one name for the process on all streams", async () => {
    const first = await start({ labels: { tier: "fast" } });
    const { run, home, labels, host } = await plane.hear("hello");
    expect(labels).toEqual({ tier: "fast" });
    expect(host).toBe(hostname());
    expect(run).toMatch(/^[0-9a-f-]{36}$/);
    plane.cut();
    await eventually("a second stream", () => plane.all("hello").length === 2);
    expect(plane.all("hello")[1]).toMatchObject({ run, home });
    await first[Symbol.asyncDispose]();
    await start();
    await eventually("the next process", () => plane.all("hello").length === 3);
    expect(plane.all("hello")[2]?.home).toBe(home);
    expect(plane.all("hello")[2]?.run).not.toBe(run);
  });

  it("is repeated for a while, and then no more, where another process of the name lives", async () => {
    plane.behaviour.refuses = new TransshipError("AGENT_NAME_TAKEN", { what: "connecting agent sg-1", why: "another process lives" });
    const agent = await start({ namePatienceMs: 300 });
    await expect(agent.finished).rejects.toMatchObject({ code: "AGENT_NAME_TAKEN", exitCode: 5 });
  });

  it("is not repeated where the control plane refuses the token", async () => {
    plane.behaviour.refuses = new TransshipError("UNAUTHENTICATED", { what: "calling", why: "the token is not known" });
    const agent = await start();
    await expect(agent.finished).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("is tried until a control plane is there", async () => {
    plane.vanish();
    let ready = false;
    await start({ onReady: () => (ready = true) });
    await sleep(300);
    expect(ready).toBe(false);
    await plane.listen();
    await eventually("ready", () => ready, 8_000);
  }, 15_000);

  it("needs a data directory of its own", async () => {
    await start();
    await expect(start()).rejects.toMatchObject({ code: "DATA_DIR_IN_USE" });
  });
});

describe("a task", () => {
  it("is copied as assigned and reported with the numbers of all attempts", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1", { attempt: 2, bytesSoFar: { ...NO_BYTES, copied: 100 } }));
    const copy = await copyOf("v1");
    expect(copy.request).toMatchObject({
      reference: "v1",
      tag: "v1",
      overwrite: "always",
      begunBefore: false,
      digest: `sha256:${"0".repeat(64)}`,
    });
    expect([copy.request.source.name, copy.request.target.name]).toEqual(["team/app", "mirror/app"]);
    copy.finish("copied", 50);
    const outcome = await outcomeOf("v1");
    expect(stateOf(outcome)).toBe("succeeded");
    expect(outcome.progress).toEqual({ totalBytes: 50, doneBytes: 50, fetchedBytes: 50, bytes: { ...NO_BYTES, copied: 150 } });
  });

  it.each([
    ["unchanged", "succeeded", ""],
    ["kept", "skipped", "the target has another digest and the rule never overwrites"],
    ["foreign", "skipped", "the target's tag is not what this rule brought, and the rule touches nothing else"],
    ["other-platform", "skipped", "it has none of the platforms that the rule names"],
  ] as const)("that is %s is %s", async (result, state, reason) => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    (await copyOf("v1")).finish(result);
    const outcome = await outcomeOf("v1");
    expect([stateOf(outcome), outcome.skipReason]).toEqual([state, reason]);
  });

  it("reports what the largest 200 blobs cost", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    const blob = {
      state: "done",
      rung: "sibling",
      way: "segmented",
      from: "sh",
      upload: "chunked",
      ranges: 16,
      retries: 1,
      copied: 9,
      resumed: 2,
      wasted: 3,
      milliseconds: 40,
    } as const;
    const blobs = Array.from({ length: 201 }, (_, index) => ({ ...blob, digest: `sha256:${index}`, size: 1000 - index }));
    (await copyOf("v1")).finish("copied", 0, blobs);
    const outcome = await outcomeOf("v1");
    expect(outcome.blobs.map(({ digest }) => digest)).toEqual(blobs.slice(0, 200).map(({ digest }) => digest));
    const onTheWire = { rung: wire.Rung.SIBLING, way: wire.Way.SEGMENTED, upload: wire.UploadWay.CHUNKED, state: wire.BlobState.DONE };
    expect(outcome.blobs[0]).toEqual({ ...blobs[0], ...onTheWire });
  });

  it.each([
    ["never helps", new TransshipError("DENIED", { what: "pushing", why: "no", side: "target" }), 1, "failed", 0],
    ["may help", new TransshipError("TOOMANYREQUESTS", { what: "x", why: "y", retryAfterMs: 1234.4, side: "source" }), 1, "retrying", 1234],
    ["was tried too often", new TransshipError("CONNECTION_FAILED", { what: "x", why: "y" }), 8, "failed", 0],
  ] as const)("that fails where another try %s", async (_, error, attempt, state, retryAfterMs) => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1", { attempt }));
    (await copyOf("v1")).fail(error);
    const outcome = await outcomeOf("v1");
    expect(stateOf(outcome)).toBe(state);
    expect(outcome.retryAfterMs).toBe(retryAfterMs);
    expect(outcome.failure).toMatchObject({ code: error.code, message: error.message, hint: error.hint });
  });

  it("that fails reports what its blobs cost, the sums counting also those beyond 200", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    const blob = {
      state: "done",
      rung: "copied",
      way: "stream",
      from: undefined,
      ranges: 1,
      retries: 1,
      copied: 9,
      resumed: 0,
      wasted: 0,
      milliseconds: 4,
    } as const;
    const blobs = Array.from({ length: 250 }, (_, index) => ({ ...blob, digest: `sha256:${index}`, size: 1000 }));
    const failed = { ...blob, state: "failed", digest: "sha256:f", size: 1, wasted: 5 } as const;
    const bytes = { ...NO_BYTES, copied: 2259, wasted: 5 };
    const cost = { progress: { totalBytes: 250_001, doneBytes: 250_000, fetchedBytes: 250_000, bytes }, blobs: [...blobs, failed] };
    (await copyOf("v1")).fail(new TransshipError("CONNECTION_FAILED", { what: "x", why: "y" }), cost);
    const outcome = await outcomeOf("v1");
    expect(stateOf(outcome)).toBe("retrying");
    expect(outcome.progress).toEqual(cost.progress);
    expect(outcome.blobs).toHaveLength(200);
    expect(outcome.blobs.at(-1)).toMatchObject({ digest: "sha256:f", state: wire.BlobState.FAILED, wasted: 5 });
    expect(outcome.blobSums).toEqual([{ rung: wire.Rung.COPIED, count: 250, bytes: 250_000, retries: 251 }]);
  });

  it("that cannot be read fails, and its credit comes back", async () => {
    await start();
    await plane.hear("demand");
    const before = plane.all("demand").length;
    plane.send(assignment("v1", { digest: "sha256:../../etc" }));
    const outcome = await outcomeOf("v1");
    expect([stateOf(outcome), outcome.failure?.code]).toEqual(["failed", "INVALID_ARGUMENT"]);
    await eventually("demand again", () => plane.all("demand").length > before && plane.demand === 2);
  });

  it("tells its progress when the state changes and else not too often", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1", { bytesSoFar: { ...NO_BYTES, resumed: 7 } }));
    const { options, finish } = await copyOf("v1");
    const tell = (phase: "copying" | "verifying", copied: number) =>
      options.onProgress?.({ phase, totalBytes: 100, doneBytes: copied, fetchedBytes: copied, bytes: { ...NO_BYTES, copied } });
    for (let copied = 1; copied <= 50; copied += 1) tell("copying", copied);
    tell("verifying", 60);
    const last = await plane.hear("progress", (progress) => taskStateFromMessage(progress.state) === "verifying");
    expect(last.progress).toEqual({ totalBytes: 100, doneBytes: 60, fetchedBytes: 60, bytes: { ...NO_BYTES, copied: 60, resumed: 7 } });
    expect(plane.all("progress").length).toBe(2);
    finish();
    await outcomeOf("v1");
  });

  it("that the control plane stops ends within a moment and is not reported", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    const copy = await copyOf("v1");
    plane.send({ $case: "cancel", value: { lease: { taskId: "v1", epoch: 9 }, giveBack: false } });
    plane.send({ $case: "cancel", value: { lease: { taskId: "v1", epoch: 1 }, giveBack: false } });
    await eventually("stopped", () => copy.options.signal?.aborted);
    expect(copy.options.signal?.reason).toMatchObject({ code: "CANCELLED" });
    await eventually("credit comes back", () => plane.demand === 2);
    expect(plane.all("outcome")).toEqual([]);
  });

  it("that the control plane pauses is given back with what it cost, whether it runs or waits", async () => {
    await start({ slots: 1 });
    await plane.hear("demand");
    plane.send(assignment("v1"));
    plane.send(assignment("v2"));
    const { options } = await copyOf("v1");
    options.onProgress?.({ phase: "copying", totalBytes: 100, doneBytes: 30, fetchedBytes: 40, bytes: { ...NO_BYTES, copied: 40 } });
    for (const taskId of ["v2", "v1"]) plane.send({ $case: "cancel", value: { lease: { taskId, epoch: 1 }, giveBack: true } });
    expect(stateOf(await outcomeOf("v1"))).toBe("queued");
    expect((await outcomeOf("v1")).progress).toMatchObject({ fetchedBytes: 40, bytes: { copied: 40 } });
    expect(stateOf(await outcomeOf("v2"))).toBe("queued");
    await eventually("credit comes back", () => plane.demand === 1);
    expect(engine.copies).toHaveLength(1);
  });

  it("assigned twice is done once; a newer epoch replaces it when the old copy has ended", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    plane.send(assignment("v1"));
    const first = await copyOf("v1");
    plane.send(assignment("v1", {}, 2));
    const second = await copyOf("v1", 1);
    expect(first.options.signal?.reason).toMatchObject({ code: "LEASE_LOST" });
    second.finish();
    const outcome = await outcomeOf("v1");
    expect(outcome.lease?.epoch).toBe(2);
    expect(engine.copies).toHaveLength(2);
    expect(engine.mostAtOnce).toBe(1);
  });
});

describe("a challenge", () => {
  it("is answered at once, in the middle of work too", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    await copyOf("v1");
    plane.send({ $case: "challenge", value: { id: "c1", host: "elsewhere" } });
    expect(await plane.hear("alive")).toEqual({ id: "c1", ending: false });
  });

  it("is not waited for by an agent that ends: it says so itself, as its last word", async () => {
    const agent = await start();
    await plane.hear("demand");
    await agent.drain();
    await eventually("the last word", () => plane.heard.at(-1)?.$case === "alive");
    expect(plane.all("alive")).toEqual([{ id: "", ending: true }]);
  });
});

describe("credit", () => {
  it("is never exceeded, even where the control plane assigns too much", async () => {
    await start();
    await plane.hear("demand");
    const names = Array.from({ length: 9 }, (_, index) => `t${index}`);
    engine.script = (copy) => setTimeout(() => copy.finish(), 10);
    for (const name of names) plane.send(assignment(name));
    for (const name of names) await outcomeOf(name);
    expect(engine.mostAtOnce).toBe(2);
    for (const { tasks } of plane.all("demand")) expect(tasks).toBeLessThanOrEqual(2);
    await eventually("all credit back", () => plane.demand === 2);
  });

  it("comes back when draining is over", async () => {
    await start();
    await plane.hear("demand");
    plane.send({ $case: "drain", value: { over: false } });
    await eventually("no demand", () => plane.demand === 0);
    plane.send({ $case: "drain", value: { over: true } });
    await eventually("demand", () => plane.demand === 2);
    expect(plane.streams).toBe(1);
  });

  it("ends while draining on request of the control plane, and comes back with the next stream", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1"));
    const copy = await copyOf("v1");
    plane.send({ $case: "drain", value: { over: false } });
    await eventually("no demand", () => plane.demand === 0);
    copy.finish();
    await outcomeOf("v1");
    await sleep(20);
    expect(plane.demand).toBe(0);
    plane.cut();
    await eventually("demand on the next stream", () => plane.demand === 2);
  });
});

describe("leases", () => {
  it("are renewed, and a task goes on while they are", async () => {
    plane.behaviour.leaseMs = 600;
    await start();
    await plane.hear("demand");
    plane.send(assignment("v1", { leaseMs: 600 }));
    const copy = await copyOf("v1");
    await sleep(1_000);
    expect(copy.options.signal?.aborted).toBe(false);
    expect(plane.all("renew").length).toBeGreaterThan(4);
    copy.finish();
    await outcomeOf("v1");
  });

  it("that nobody renews end the copy before they end, without a report", async () => {
    plane.behaviour.leaseMs = 1_200;
    plane.behaviour.renews = false;
    await start();
    await plane.hear("demand");
    const begun = performance.now();
    plane.send(assignment("v1", { leaseMs: 1_200 }));
    const copy = await copyOf("v1");
    await eventually("stopped", () => copy.options.signal?.aborted);
    expect(performance.now() - begun).toBeLessThan(1_200);
    expect(copy.options.signal?.reason).toMatchObject({ code: "LEASE_LOST" });
    await eventually("credit comes back", () => plane.demand === 2);
    expect(plane.all("outcome")).toEqual([]);
  });

  it("that the control plane does not extend are lost at once", async () => {
    plane.behaviour.leaseMs = 600;
    plane.behaviour.extends = (key) => key.taskId !== "stale";
    await start();
    await plane.hear("demand");
    plane.send(assignment("stale"));
    plane.send(assignment("good"));
    const [stale, good] = [await copyOf("stale"), await copyOf("good")];
    await eventually("stale stopped", () => stale.options.signal?.aborted);
    expect(stale.options.signal?.reason).toMatchObject({ code: "LEASE_LOST" });
    expect(good.options.signal?.aborted).toBe(false);
    good.finish();
    await outcomeOf("good");
  });
});

describe("while the control plane is away", () => {
  it("copies go on; afterwards the agent says what it holds and delivers what was done", async () => {
    await start();
    await plane.hear("demand");
    plane.send(assignment("done-meanwhile"));
    plane.send(assignment("goes-on"));
    const [done, goesOn] = [await copyOf("done-meanwhile"), await copyOf("goes-on")];
    plane.vanish();
    await sleep(50);
    done.finish("copied", 10);
    goesOn.options.onProgress?.({ phase: "copying", totalBytes: 9, doneBytes: 4, fetchedBytes: 4, bytes: { ...NO_BYTES, copied: 4 } });
    await sleep(50);
    expect(goesOn.options.signal?.aborted).toBe(false);
    plane.heard.splice(0);
    await plane.listen();
    expect(stateOf(await outcomeOf("done-meanwhile"))).toBe("succeeded");
    // Both are held: the one that runs, and the one whose report was still on its way.
    expect((await plane.hear("hello")).holds.map((key) => key.taskId).sort()).toEqual(["done-meanwhile", "goes-on"]);
    const progress = await plane.hear("progress");
    expect([progress.lease?.taskId, progress.progress?.doneBytes]).toEqual(["goes-on", 4]);
    expect((await plane.hear("renew")).leases).toEqual([{ taskId: "goes-on", epoch: 1 }]);
    goesOn.finish();
    await outcomeOf("goes-on");
    expect(plane.all("outcome")).toHaveLength(2);
  }, 15_000);

  it("reports are sent again until they are acknowledged, in order, also by the next process", async () => {
    plane.behaviour.acknowledges = false;
    const agent = await start();
    await plane.hear("demand");
    engine.script = (copy) => copy.finish();
    for (const name of ["a", "b", "c"]) plane.send(assignment(name));
    for (const name of ["a", "b", "c"]) await outcomeOf(name);
    plane.cut();
    await eventually("all three again", () => plane.all("outcome").length === 6);
    await agent[Symbol.asyncDispose]();
    agents.splice(0);
    plane.heard.splice(0);
    plane.behaviour.acknowledges = true;
    await start();
    await eventually("all three by the next process", () => plane.all("outcome").length === 3);
    expect(plane.all("outcome").map((outcome) => outcome.lease?.taskId)).toEqual(["a", "b", "c"]);
    const sequences = plane.all("outcome").map((outcome) => outcome.sequence);
    expect(sequences).toEqual([...sequences].sort((a, b) => a - b));
    plane.cut();
    await eventually("another hello", () => plane.all("hello").length === 2);
    await sleep(50);
    expect(plane.all("outcome")).toHaveLength(3);
  }, 15_000);
});

describe("the end", () => {
  it("drain finishes what runs, takes nothing new, delivers, and ends", async () => {
    const agent = await start();
    await plane.hear("demand");
    plane.send(assignment("runs"));
    const copy = await copyOf("runs");
    let drained = false;
    const draining = agent.drain().then(() => {
      drained = true;
    });
    await eventually("no demand", () => plane.demand === 0);
    plane.send(assignment("late"));
    expect(stateOf(await outcomeOf("late"))).toBe("queued");
    expect(drained).toBe(false);
    expect(copy.options.signal?.aborted).toBe(false);
    copy.finish();
    await draining;
    expect(stateOf(await outcomeOf("runs"))).toBe("succeeded");
    await agent.finished;
    expect(engine.copies).toHaveLength(1);
  });

  it("disposing cuts a drain short", async () => {
    plane.behaviour.acknowledges = false;
    const agent = await start();
    await plane.hear("demand");
    plane.send(assignment("runs"));
    const copy = await copyOf("runs");
    const begun = performance.now();
    const draining = agent.drain();
    await agent[Symbol.asyncDispose]();
    await draining;
    expect(copy.options.signal?.reason).toMatchObject({ code: "INTERRUPTED" });
    expect(performance.now() - begun).toBeLessThan(3_000);
  });

  it("disposing stops what runs, gives it back and closes everything", async () => {
    const agent = await start();
    await plane.hear("demand");
    plane.send(assignment("runs"));
    const copy = await copyOf("runs");
    await agent[Symbol.asyncDispose]();
    expect(copy.options.signal?.reason).toMatchObject({ code: "INTERRUPTED" });
    expect(stateOf(await outcomeOf("runs"))).toBe("queued");
    expect(engine.disposed).toBe(true);
    await agent.finished;
    await start();
  });
});
