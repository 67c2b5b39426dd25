import { cp } from "node:fs/promises";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { previousWire } from "./stage/previous-wire.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { transship } from "./stage/transship.ts";

const MIB = 1024 * 1024;
const LAYERS = [noise("agents-1", 2 * MIB), noise("agents-2", 3 * MIB), noise("agents-large", 64 * MIB)];

describe.skipIf(REAL_KINDS.length === 0)("agents", { timeout: 240_000 }, () => {
  it("have a name each: a cloned machine is refused, says so and ends, and the first one works on", async () => {
    await using site = await openSite();
    const { source, target } = await twoRegistries(site);
    await site.agent("west-1", "west");
    // The copy holds the checkpoint as it is while its process lives.
    await cp(site.scratch.path("agent-west-1"), site.scratch.path("cloned"), { recursive: true });
    const clone = await startAlone(site, "west-1", ["--data-dir", site.scratch.path("cloned"), "--wait-for-name", "2s"]);
    expect(clone.code).toBe(5);
    expect(clone.stderr).toContain("AGENT_NAME_TAKEN");
    expect(clone.stderr).toContain(`another process has this name and lives, on host ${hostname()}`);
    expect(clone.stderr).toContain("Give the clone a name, a token and a data directory of its own");
    const { stdout } = await site.cli("agent", "describe", "west-1");
    expect(stdout).toMatch(/^Warning: another process, on host .* claimed the name at .* and was refused/);
    const { code } = await site.run("copy");
    expect(code).toBe(0);
    expect(await sameDigest(source.url, target.url)).toBe(true);

    // Renamed, as it was told, the clone is a second agent.
    await site.agent("west-2", "west", ["--data-dir", site.scratch.path("cloned")]);
    expect(await agentStates(site)).toEqual({ "west-1": "online", "west-2": "online" });
  });

  it("are replaced while they hang: the next machine takes the name and what the target has, the old one ends when it wakes", async () => {
    await using site = await openSite({ lease: "6s" });
    const { source, target, present } = await twoRegistries(site);
    const hung = await site.agent("west-1", "west", ["--wait-for-name", "1s"]);
    const running = site.run("copy");
    await untilSome(async () => (await present()).size > 0);
    hung.signal("SIGSTOP");
    const there = await present();
    await sleep(300);
    source.accessLog.reset();
    // In mid-copy, with another data directory: it is let in when the one that hangs has not answered for five seconds.
    await site.agent("west-1", "west", ["--data-dir", site.scratch.path("replacement")]);
    const { code, execution } = await running;
    expect(code).toBe(0);
    expect(execution.status.tasks).toMatchObject({ total: 1, succeeded: 1 });
    for (const digest of there) expect(source.accessLog.blobBytesServed(digest)).toBe(0);
    expect(await sameDigest(source.url, target.url)).toBe(true);
    hung.signal("SIGCONT");
    expect(await hung.exited).toBe(5);
    expect(hung.messages()).toContain("AGENT_NAME_TAKEN");
    expect(await agentStates(site)).toEqual({ "west-1": "online" });
  });

  it("give back what they have when they are drained at once, and take work again when they are resumed", async () => {
    await using site = await openSite();
    const { source, present } = await twoRegistries(site);
    const first = await site.agent("west-1", "west");
    const running = site.run("copy");
    await untilSome(async () => (await present()).size > 0);
    await site.cli("agent", "drain", "west-1", "--now");
    await untilSome(async () => (await holderOf(site)) === undefined);
    const there = await present();
    expect(await agentStates(site)).toEqual({ "west-1": "draining" });
    await sleep(300);
    source.accessLog.reset();
    const other = await site.agent("west-2", "west");
    const { code, execution } = await running;
    expect(code).toBe(0);
    expect(execution.status.tasks).toMatchObject({ total: 1, succeeded: 1 });
    for (const digest of there) expect(source.accessLog.blobBytesServed(digest)).toBe(0);
    expect(await lastAgent(site)).toBe("west-2");

    await other.end();
    expect((await site.cli("agent", "resume", "west-1")).code).toBe(0);
    await pushImage(source.url, "team/app", "v2", [noise("agents-v2", MIB)]);
    expect((await site.run("copy")).code).toBe(0);
    expect(await first.end()).toBe(0);
  });

  it("are revoked in mid-copy: their work goes to others at once, they end and are told what lets them in again", async () => {
    await using site = await openSite();
    const { source, target, present } = await twoRegistries(site);
    const first = await site.agent("west-1", "west");
    const running = site.run("copy");
    await untilSome(async () => (await present()).size > 0);
    await site.agent("west-2", "west");
    const begun = performance.now();
    const revoked = await site.cli("agent", "revoke", "west-1");
    expect(revoked.code).toBe(0);
    expect(revoked.stderr).toBe("agent west-1 is revoked: its tokens are void\n");
    expect(await first.exited).toBe(4);
    expect(first.messages()).toContain("the agent was revoked");
    // Long before its lease of 90 seconds would have ended.
    await untilSome(async () => (await holderOf(site)) === "west-2");
    expect(performance.now() - begun).toBeLessThan(30_000);
    const { code, execution } = await running;
    expect(code).toBe(0);
    expect(execution.status.tasks).toMatchObject({ total: 1, succeeded: 1 });
    expect(await sameDigest(source.url, target.url)).toBe(true);
    const again = await startAlone(site, "west-1", []);
    expect(again.code).toBe(4);
    expect(again.stderr).toContain("transship agent token create --name west-1");
  });

  it("work for the rules that choose them, by labels of their own and of their documents", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const target = await site.registry("target");
    await pushImage(source.url, "team/app", "v1", [noise("chosen", MIB)]);
    const places = [instance("a", source.url, "east"), instance("b", target.url, "west")];
    const choosy = (agents: object) => rule("copy", { instance: "a" }, [{ instance: "b" }], { agents });
    await site.agent("west-1", "west", ["--label", "tier=slow"]);
    await site.agent("west-2", "west", ["--label", "tier=fast", "--label", "rack=7"]);
    await site.apply(topology(...places, choosy({ labels: { tier: "fast" } })));
    expect((await site.run("copy")).code).toBe(0);
    expect(await lastAgent(site)).toBe("west-2");

    await pushImage(source.url, "team/app", "v2", [noise("chosen-2", MIB)]);
    const document = { apiVersion: "transship/v1", kind: "Agent", metadata: { name: "west-1", labels: { tier: "best" } } };
    await site.apply(topology(document, choosy({ labels: { tier: "best" } })));
    expect((await site.cli("agent", "list", "-o", "wide")).stdout).toMatch(/west-1 .*tier=best[\s\S]*west-2 .*(rack=7|tier=fast)/);
    expect((await site.run("copy")).code).toBe(0);
    expect(await lastAgent(site)).toBe("west-1");

    await site.apply(topology(choosy({ labels: { tier: "best", rack: "7" } })));
    const { code, execution } = await site.run("copy");
    expect(code).toBe(1);
    expect(execution.status.failures[0]).toMatchObject({
      code: "NO_ROUTE",
      message: expect.stringContaining("online: west-1 (no label rack); west-2 (tier=fast)"),
    });
  });

  it("of the previous version work too, and replace each other as they did", async () => {
    await using site = await openSite();
    await using before = await previousWire(site.server);
    const { source, target } = await twoRegistries(site);
    const more = ["--label", "tier=fast", "--control-plane", before.address];
    const first = await site.agent("west-1", "west", more);
    expect([...before.taken].sort()).toEqual(["home", "host", "labels", "run"]);
    expect((await site.run("copy")).code).toBe(0);
    expect(await sameDigest(source.url, target.url)).toBe(true);
    await site.cli("agent", "drain", "west-1");
    expect(await agentStates(site)).toEqual({ "west-1": "draining" });
    // It cannot be told that it may work again, so its stream ends and it comes back.
    await site.cli("agent", "resume", "west-1");
    await untilSome(async () => (await agentStates(site))["west-1"] === "online");
    await pushImage(source.url, "team/app", "v2", [noise("previous-2", MIB)]);
    expect((await site.run("copy")).code).toBe(0);
    // Who cannot be told apart is not asked: the newer stream wins.
    await site.agent("west-1", "west", [...more, "--data-dir", site.scratch.path("second")]);
    expect(await first.end()).toBe(0);
    await untilSome(async () => (await agentStates(site))["west-1"] === "online");
  });
});

/** Two registries, and a rule between them that takes some seconds. */
async function twoRegistries(site: Site) {
  const source = await site.registry("source");
  const target = await site.registry("target");
  const blobs = await pushImage(source.url, "team/app", "v1", LAYERS);
  /** Blobs of the image that the target has. */
  const present = async () => {
    const answers = [...blobs.keys()].map(async (digest) =>
      (await fetch(`${target.url}/v2/team/app/blobs/${digest}`, { method: "HEAD" })).ok ? digest : [],
    );
    return new Set((await Promise.all(answers)).flat());
  };
  await site.apply(
    topology(
      instance("a", source.url, "east", { limits: { bytesPerSecond: 12 * MIB } }),
      instance("b", target.url, "west"),
      rule("copy", { instance: "a" }, [{ instance: "b" }]),
    ),
  );
  return { source, target, present };
}

/** `agent start` that is expected to end by itself. */
function startAlone(site: Site, name: string, more: readonly string[]) {
  const place = ["--region", "west", "--control-plane", site.server, "--data-dir", site.scratch.path(`alone-${name}`), "--insecure"];
  return transship(["agent", "start", "--name", name, ...place, ...more]);
}

/** The agent that has the task at present. */
async function holderOf(site: Site): Promise<string | undefined> {
  const { items } = await site.json<TaskList>("task", "list");
  const held = items.find(({ status }) => ["leased", "copying", "verifying"].includes(status.state));
  return held?.status.agent;
}

/** The agent of the newest task. */
async function lastAgent(site: Site): Promise<string | undefined> {
  const { items } = await site.json<TaskList>("task", "list");
  return items.toSorted((a, b) => (a.metadata.createdAt < b.metadata.createdAt ? 1 : -1))[0]?.status.agent;
}

interface TaskList {
  readonly items: readonly {
    readonly metadata: { readonly createdAt: string };
    readonly status: { readonly state: string; readonly agent?: string };
  }[];
}

async function agentStates(site: Site): Promise<Record<string, string>> {
  const { items } = await site.json<{ items: { metadata: { name: string }; status: { state: string } }[] }>("agent", "list");
  return Object.fromEntries(items.map(({ metadata, status }) => [metadata.name, status.state]));
}

async function sameDigest(from: string, to: string): Promise<boolean> {
  return (await describeTag(from, "team/app", "v1")).digest === (await describeTag(to, "team/app", "v1")).digest;
}

/** Waits until something holds, at most a minute. */
async function untilSome(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not happen within a minute");
    await sleep(50);
  }
}
