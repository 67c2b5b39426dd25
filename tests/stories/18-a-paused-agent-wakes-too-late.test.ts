import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { openRelay } from "../chaos/relay.ts";
import type { RealRegistry } from "../registries/real-registry.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import type { Started } from "./stage/transship.ts";

const MIB = 1024 * 1024;
const LEASE_MS = 3_000;
/** At this pace the large layer takes longer than a lease. */
const LIMITS = { limits: { bytesPerSecond: 12 * MIB } };
const LAYERS = [noise("paused-1", 2 * MIB), noise("paused-2", 3 * MIB), noise("paused-large", 96 * MIB)];

describe.skipIf(REAL_KINDS.length === 0)("an agent that does not renew its lease", { timeout: 240_000 }, () => {
  it("is refused by its epoch when it wakes from a pause; another has gone on with what it had sent", async () => {
    await using site = await openSite({ lease: `${LEASE_MS}ms` });
    const { source, target, blobs } = await prepare(site);
    const agents = new Map([["west-1", await site.agent("west-1", "west")]]);
    const running = site.run("copy");
    await untilSome(async () => (await present(target, blobs)).size >= 3);
    const there = await present(target, blobs);
    expect(there.size).toBeLessThan(blobs.size);

    const paused = agents.get("west-1") as Started;
    paused.signal("SIGSTOP");
    await site.agent("west-2", "west");
    // What it had asked for before still goes into its sockets.
    await sleep(500);
    source.accessLog.reset();
    const { execution } = await running;
    const puts = tagPuts(target);
    paused.signal("SIGCONT");
    await untilSome(async () => logs(paused).some(({ msg }) => msg === "task ends"));
    await sleep(LEASE_MS);

    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1, failed: 0 } });
    const [task] = await tasks(site);
    expect(task?.status).toMatchObject({ state: "succeeded", agent: "west-2", epoch: 2 });
    // It knows by its own clock, and the control plane said so when it gave the task to another.
    expect(logs(paused)).toContainEqual(
      expect.objectContaining({ msg: "lease lost", task: task?.metadata.id, epoch: 1, code: "LEASE_LOST" }),
    );
    expect(logs(paused)).toContainEqual(expect.objectContaining({ msg: "task ends", epoch: 1, state: "not ours any more" }));
    const told = logs(site.controlPlane).filter(({ task: id }) => id === task?.metadata.id);
    expect(told).toContainEqual(expect.objectContaining({ code: "LEASE_LOST", agent: "west-1", epoch: 1 }));
    for (const digest of there) expect(source.accessLog.blobBytesServed(digest)).toBe(0);
    // It wrote nothing after it woke, and the tag is what it should be.
    expect(tagPuts(target)).toBe(puts);
    expect((await describeTag(target.url, "team/app", "v1")).digest).toBe((await describeTag(source.url, "team/app", "v1")).digest);
  });

  it("is not heard when it reports after its lease what it did in time", async () => {
    await using site = await openSite({ lease: `${LEASE_MS}ms` });
    const { source, target } = await prepare(site);
    await using uplink = await openRelay(Number(site.server.split(":").at(-1)));
    await pushImage(source.url, "team/small", "v1", [noise("reported late", 8 * MIB)]);
    await site.apply(
      topology(
        instance("a", source.url, "east", LIMITS),
        instance("b", target.url, "west"),
        rule("small", { instance: "a", repository: "team/small" }, [{ instance: "b" }]),
      ),
    );
    const cutOff = await site.agent("west-1", "west", ["--control-plane", uplink.host]);
    const running = site.run("small");
    await untilSome(async () => logs(cutOff).some(({ msg }) => msg === "task begins"));
    uplink.hold(["up"]);
    await untilSome(async () => logs(cutOff).some(({ msg, state }) => msg === "task ends" && state === "succeeded"));
    await site.agent("west-2", "west");
    const { execution } = await running;
    const [before] = await tasks(site);
    uplink.heal("reset");
    const refused = () =>
      logs(site.controlPlane).find(({ code, agent, msg }) => code === "LEASE_LOST" && agent === "west-1" && isRefusal(msg));
    await untilSome(async () => refused() !== undefined);

    expect(uplink.heldPieces).toBeGreaterThan(0);
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { total: 1, succeeded: 1 } });
    expect(before?.status).toMatchObject({ state: "succeeded", agent: "west-2", epoch: 2 });
    expect(refused()).toMatchObject({ task: before?.metadata.id, epoch: 1 });
    expect((await tasks(site))[0]).toEqual(before);
    // The second found the tag as it should be, and sent nothing.
    expect(source.accessLog.blobBytesServed()).toBeLessThan(2 * 8 * MIB);
    expect(target.accessLog.requests("PUT", /\/small\/manifests\//)).toBe(1);
  });

  it("stops writing before its lease ends when it is cut off from the control plane", async () => {
    await using site = await openSite({ lease: `${LEASE_MS}ms` });
    const { source, target, blobs } = await prepare(site);
    await using uplink = await openRelay(Number(site.server.split(":").at(-1)));
    await using way = await openRelay(target.port);
    await site.apply(
      topology(
        instance("a", source.url, "east", LIMITS),
        instance("b", `http://${way.host}`, "west"),
        rule("copy", { instance: "a" }, [{ instance: "b" }]),
      ),
    );
    const agent = await site.agent("west-1", "west", ["--control-plane", uplink.host]);
    const running = site.run("copy", "2m");
    await untilSome(async () => (await present(target, blobs)).size >= 3);

    uplink.hold(["up", "down"]);
    const cutAt = Date.now();
    await untilSome(async () => logs(agent).some(({ msg }) => msg === "task ends"));
    await sleep(300);
    const sent = way.bytesUp;
    const ended = target.accessLog.lines.length;
    await sleep(2 * LEASE_MS);

    expect(uplink.heldPieces).toBeGreaterThan(0);
    // A lease that was renewed just before the cut is the longest that it can have.
    const stoppedAt = Date.parse(String(logs(agent).find(({ msg }) => msg === "lease lost")?.time));
    expect(stoppedAt - cutAt).toBeLessThan(LEASE_MS);
    // Neither began nor went on with anything: seen on the way to the target, and in the target's own log.
    expect(way.bytesUp).toBe(sent);
    expect(target.accessLog.lines.length).toBe(ended);
    const lost = logs(site.controlPlane).find(({ code }) => code === "LEASE_LOST");
    expect(Date.parse(String(lost?.time))).toBeGreaterThan(stoppedAt);

    uplink.heal("reset");
    const { execution } = await running;
    expect(execution.status.state).toBe("succeeded");
    expect((await describeTag(target.url, "team/app", "v1")).digest).toBe((await describeTag(source.url, "team/app", "v1")).digest);
  });
});

interface Prepared {
  readonly source: RealRegistry;
  readonly target: RealRegistry;
  readonly blobs: ReadonlyMap<string, number>;
}

/** Two registries, an image whose last layer takes a while, and a rule to bring it over. */
async function prepare(site: Site): Promise<Prepared> {
  const source = await site.registry("source");
  const target = await site.registry("target");
  const blobs = await pushImage(source.url, "team/app", "v1", LAYERS);
  await site.apply(
    topology(
      instance("a", source.url, "east", LIMITS),
      instance("b", target.url, "west"),
      rule("copy", { instance: "a" }, [{ instance: "b" }]),
    ),
  );
  return { source, target, blobs };
}

/** The blobs that a registry has. Asks by HEAD. */
async function present({ url }: RealRegistry, blobs: ReadonlyMap<string, number>): Promise<Set<string>> {
  const answers = [...blobs.keys()].map(async (digest) =>
    (await fetch(`${url}/v2/team/app/blobs/${digest}`, { method: "HEAD" })).ok ? digest : [],
  );
  return new Set((await Promise.all(answers)).flat());
}

function tagPuts(registry: RealRegistry): number {
  return registry.accessLog.requests("PUT", /\/manifests\//);
}

/** What a process has logged. */
function logs(process: Started): Record<string, unknown>[] {
  const lines = process.messages().split("\n");
  return lines.filter((line) => line.startsWith("{") && line.endsWith("}")).map((line) => JSON.parse(line) as Record<string, unknown>);
}

function isRefusal(message: unknown): boolean {
  return String(message).includes("is not heard");
}

interface TaskDocument {
  readonly metadata: { readonly id: string };
  readonly status: { readonly state: string; readonly agent: string; readonly epoch: number };
}

async function tasks(site: Site): Promise<TaskDocument[]> {
  return (await site.json<{ items: TaskDocument[] }>("task", "list")).items;
}

/** Waits until something holds, at most a minute. */
async function untilSome(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not happen within a minute");
    await sleep(50);
  }
}
