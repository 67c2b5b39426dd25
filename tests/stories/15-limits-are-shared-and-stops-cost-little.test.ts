import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { noise, pushImage } from "./stage/seed.ts";
import { type ExecutionDocument, openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const MIB = 1024 * 1024;
const STEP_MS = 100;

describe.skipIf(REAL_KINDS.length === 0)("limits and stops", { timeout: 240_000 }, () => {
  it("two agents keep to one limit together", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const target = await site.registry("target");
    const tags = ["v1", "v2", "v3", "v4"];
    for (const tag of tags) await pushImage(source.url, "team/app", tag, [noise(`shared-${tag}`, 12 * MIB)]);
    await site.agent("west-1", "west", ["--slots", "1"]);
    await site.agent("west-2", "west", ["--slots", "1"]);
    const rate = 8 * MIB;
    await site.apply(
      topology(
        instance("a", source.url, "east", { limits: { bytesPerSecond: rate } }),
        instance("b", target.url, "west"),
        rule("copy", { instance: "a" }, [{ instance: "b" }]),
      ),
    );
    const { execution, code } = await site.run("copy");

    expect(code).toBe(0);
    const tasks = await site.json<{ items: { status: { agent: string; startedAt?: string; finishedAt?: string } }[] }>("task", "list");
    const agents = new Set(tasks.items.map(({ status }) => status.agent));
    expect([...agents].sort()).toEqual(["west-1", "west-2"]);
    // Each agent may pass a quarter of a second's worth of its share at once.
    const seconds = await secondsOf(site, execution.metadata.id);
    expect(seconds).toBeGreaterThan((tags.length * 12 * MIB - rate / 4) / rate - 0.5);
    // What the registry wrote into sockets that nobody read to the end counts as served. Two agents with the whole limit each would come to twice the rate.
    expect(source.accessLog.blobBytesServed() / seconds).toBeLessThan(rate * 1.4);
  });

  it("a stop takes a second, and the next run goes on where it stopped", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const target = await site.registry("target");
    const size = 256 * MIB;
    await pushImage(source.url, "team/app", "v1", [noise("stopped", size)]);
    await site.agent("west-1", "west");
    await site.apply(
      topology(
        instance("a", source.url, "east", { limits: { bytesPerSecond: 48 * MIB } }),
        instance("b", target.url, "west"),
        rule("copy", { instance: "a" }, [{ instance: "b" }]),
      ),
    );
    await site.cli("rule", "run", "copy");
    const begun = await until(site, ({ status }) => status.fetchedBytes > 64 * MIB);
    const asked = performance.now();
    const { code } = await site.cli("execution", "stop", begun.metadata.id);
    const stopMs = performance.now() - asked;
    expect(code).toBe(0);
    await sleep(500);
    const served = source.accessLog.blobBytesServed();
    await sleep(1_000);
    expect(source.accessLog.blobBytesServed()).toBe(served);
    // Starting the CLI takes most of it here.
    expect(stopMs).toBeLessThan(5_000);

    const { execution } = await site.run("copy");

    expect(execution.status.state).toBe("succeeded");
    const { resumed, wasted, copied } = execution.status.bytes;
    expect(resumed).toBeGreaterThan(32 * MIB);
    expect(wasted).toBeLessThan(16 * MIB);
    expect(copied + resumed).toBeLessThan(size * 1.1);
  });

  it("a saved plan runs once, and not over what changed", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const target = await site.registry("target");
    await pushImage(source.url, "team/app", "v1", [noise("planned", MIB)]);
    await site.agent("west-1", "west");
    await site.apply(
      topology(instance("a", source.url, "east"), instance("b", target.url, "west"), rule("copy", { instance: "a" }, [{ instance: "b" }])),
    );
    const { metadata } = await site.json<{ metadata: { id: string } }>("plan", "rule", "copy", "--save");
    const list = await site.cli("plan", "list");
    expect(list.stdout).toContain(metadata.id);
    const run = await site.cli("plan", "run", metadata.id, "--wait", "-o", "json");
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ status: { state: "succeeded", tasks: { total: 1, succeeded: 1 } } });
    const again = await site.cli("plan", "run", metadata.id, "--wait");
    expect(again.code).toBe(5);
    expect(again.stderr).toContain("team/app:v1 for b needs nothing any more, or is gone");
    expect(again.stderr).toContain("PLAN_STALE");
  });
});

type Moving = ExecutionDocument & { readonly status: { readonly fetchedBytes: number } };

/** The only execution, once something holds of it. */
async function until(site: Site, holds: (execution: Moving) => boolean): Promise<Moving> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(STEP_MS)) {
    const { items } = await site.json<{ items: Moving[] }>("execution", "list");
    if (items[0] !== undefined && holds(items[0])) return items[0];
  }
  throw new Error("it did not happen within a minute");
}

/** From the first lease to the end. */
async function secondsOf(site: Site, id: string): Promise<number> {
  const { metadata } = await site.json<{ metadata: { startedAt: string; finishedAt: string } }>("execution", "get", id);
  return (Date.parse(metadata.finishedAt) - Date.parse(metadata.startedAt)) / 1000;
}
