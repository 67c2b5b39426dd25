import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RealRegistry } from "../registries/real-registry.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { rule, topology } from "./stage/topology.ts";

const MIB = 1024 * 1024;

interface TaskDocument {
  readonly metadata: { readonly id: string };
  readonly status: {
    readonly state: string;
    readonly agent?: string;
    readonly leg: string;
    readonly placement?: string;
    readonly waiting?: string;
    readonly epoch: number;
    readonly path?: { readonly source: { readonly network: string }; readonly target: { readonly network: string } };
    readonly relay?: { readonly there: boolean; readonly firstHop?: { readonly agent: string; readonly placement: string } };
  };
}

/** A registry that is reached in its own network; its public endpoint is shut, though agents share the public network by name. */
function behindWall(name: string, url: string, shutUrl: string): object {
  const endpoints = [
    { url, network: `vpc-${name}` },
    { url: shutUrl, network: "public" },
  ];
  return { apiVersion: "transship/v1", kind: "Instance", metadata: { name }, spec: { provider: "registry", region: name, endpoints } };
}

function inPublic(name: string, url: string): object {
  const endpoints = [{ url, network: "public" }];
  return { apiVersion: "transship/v1", kind: "Instance", metadata: { name }, spec: { provider: "registry", region: name, endpoints } };
}

/** Three registries, two agents that each get through to one of the outer ones and to the hub, and a rule between the outer ones. */
async function openSides(site: Site, more: Record<string, unknown> = {}) {
  const [gz, sg, hub] = [await site.registry("gz"), await site.registry("sg"), await site.registry("hub")];
  const walls = [`http://127.0.0.1:${await shutPort()}`, `http://127.0.0.1:${await shutPort()}`] as const;
  const apply = (rules: Record<string, unknown>) =>
    site.apply(
      topology(
        behindWall("gz", gz.url, walls[0]),
        behindWall("sg", sg.url, walls[1]),
        inPublic("hub", hub.url),
        rule("copy", { instance: "gz" }, [{ instance: "sg" }], { ...more, ...rules }),
      ),
    );
  const agent = (name: "gz" | "sg") => site.agent(`${name}-1`, name, ["--network", `vpc-${name}`, "--network", "public"]);
  await apply({ relay: { instance: "hub" } });
  const agents = { gz: await agent("gz"), sg: await agent("sg") };
  // Own network, both shut endpoints, the hub.
  for (const name of ["gz-1", "sg-1"])
    await untilSome(async () => {
      const { status } = await site.json<{ status: { reach: unknown[] } }>("agent", "get", name);
      return status.reach.length === 4;
    });
  return { gz, sg, hub, apply, agent, agents };
}

describe.skipIf(REAL_KINDS.length === 0)("where no agent reaches both sides", { timeout: 300_000 }, () => {
  it("a run is refused with the missing link, and with a relay everything arrives, though the agent of each hop is killed", async () => {
    await using site = await openSite({ lease: "6s" });
    const { gz, sg, hub, apply, agent, agents } = await openSides(site);
    const tags = ["v1", "v2", "v3", "v4"];
    await pushImage(gz.url, "team/app", "v1", [noise("relay-base", 3 * MIB), noise("relay-large", 160 * MIB)]);
    for (const tag of tags.slice(1)) await pushImage(gz.url, "team/app", tag, [noise("relay-base", 3 * MIB), noise(`relay-${tag}`, MIB)]);

    await apply({});
    const refused = await site.run("copy");
    expect(refused.code).toBe(1);
    const [failure] = refused.execution.status.failures;
    expect(failure).toMatchObject({ code: "NO_ROUTE" });
    expect(failure?.message).toMatch(/gz-1 reaches gz \(vpc-gz\) but not sg: by public nothing listens there \(ECONNREFUSED\), for \d+ s/);
    expect(failure?.message).toMatch(/sg-1 reaches sg \(vpc-sg\) but not gz: by public nothing listens there/);

    await apply({ relay: { instance: "hub" } });
    const plan = await site.json<{ status: { items: { action: string; route?: string }[] } }>("plan", "rule", "copy");
    expect(plan.status.items.map(({ route }) => route)).toEqual(tags.map(() => "in two hops through hub: gz-1, then sg-1"));

    const running = site.run("copy");
    await untilSome(
      async () => hub.accessLog.requests("PATCH", /\/relay\/gz\/team\/app\/blobs/) + hub.accessLog.requests("POST", /\/relay\//) > 0,
    );
    await untilLeg(site, "first", "copying");
    await agents.gz.end("SIGKILL");
    await agent("gz");
    await untilLeg(site, "second", "copying");
    await agents.sg.end("SIGKILL");
    await agent("sg");
    const { code, execution } = await running;

    expect([code, execution.status.state, execution.status.tasks.succeeded]).toEqual([0, "succeeded", tags.length]);
    for (const tag of tags) expect(await describeTag(sg.url, "team/app", tag)).toEqual(await describeTag(gz.url, "team/app", tag));
    for (const { status } of await tasksOf(site, execution.metadata.id)) {
      expect(status).toMatchObject({
        state: "succeeded",
        agent: "sg-1",
        leg: "second",
        relay: { there: true, firstHop: { agent: "gz-1" } },
      });
      expect(status.path).toMatchObject({ source: { network: "public" }, target: { network: "vpc-sg" } });
      expect(status.relay?.firstHop?.placement).toMatch(/source gz by private network vpc-gz.*first of two hops, to the relay hub$/);
    }
    // Each kill took at least one lease: a task takes two without.
    const epochs = (await tasksOf(site, execution.metadata.id)).map(({ status }) => status.epoch);
    expect(epochs.reduce((sum, epoch) => sum + epoch, 0)).toBeGreaterThanOrEqual(2 * tags.length + 2);
    // Both hops are counted: the large layer crossed twice, in part before its agents were killed.
    const { copied, resumed } = execution.status.bytes;
    expect(copied + resumed).toBeGreaterThanOrEqual(2 * 160 * MIB);
    const described = await site.cli("task", "describe", (await tasksOf(site, execution.metadata.id))[0]?.metadata.id ?? "");
    expect(described.stdout).toMatch(/second of two hops, from the relay hub/);
    expect(described.stdout).toMatch(/first of two hops, to the relay hub/);
    const again = await site.run("copy");
    expect(again.execution.status).toMatchObject({ state: "succeeded", unchanged: tags.length, tasks: { total: 0 } });
  });

  it("deletions follow too, and a way that opens again is used by itself", async () => {
    await using site = await openSite({ lease: "6s" });
    const { gz, sg, hub } = await openSides(site, { deletion: { propagate: true, maxShare: 100 } });
    await pushImage(gz.url, "team/app", "kept", [noise("kept", MIB)]);
    await pushImage(gz.url, "team/app", "gone", [noise("gone", MIB)]);
    expect((await site.run("copy")).code).toBe(0);
    const { digest } = await describeTag(gz.url, "team/app", "gone");
    await fetch(`${gz.url}/v2/team/app/manifests/${digest}`, { method: "DELETE" });
    await untilGone(gz, "gone");
    const { execution } = await site.run("copy");
    expect(execution.status).toMatchObject({ state: "succeeded", deleted: 1 });
    await expect(describeTag(sg.url, "team/app", "gone")).rejects.toThrow("404");
    expect((await describeTag(sg.url, "team/app", "kept")).digest).toBe((await describeTag(gz.url, "team/app", "kept")).digest);

    await pushImage(gz.url, "team/app", "later", [noise("later", 8 * MIB)]);
    await hub.kill("SIGKILL");
    await untilSome(async () => {
      const { status } = await site.json<{ status: { reach: { instance: string; reached: boolean }[] } }>("agent", "get", "gz-1");
      return status.reach.some(({ instance, reached }) => instance === "hub" && reached);
    });
    const running = site.run("copy");
    // The agents' own work shows them that the hub is away; nobody tells them that it is back.
    await untilSome(async () => (await site.json<{ items: TaskDocument[] }>("task", "list")).items.length > 3);
    await sleep(2_000);
    await hub.restart();
    expect((await running).code).toBe(0);
    expect((await describeTag(sg.url, "team/app", "later")).digest).toBe((await describeTag(gz.url, "team/app", "later")).digest);
  });
});

async function tasksOf(site: Site, execution: string): Promise<TaskDocument[]> {
  return (await site.json<{ items: TaskDocument[] }>("task", "list", "--execution", execution)).items;
}

async function untilLeg(site: Site, leg: string, state: string): Promise<void> {
  await untilSome(async () => {
    const { items } = await site.json<{ items: TaskDocument[] }>("task", "list");
    return items.some(({ status }) => status.leg === leg && status.state === state);
  });
}

async function untilGone(registry: RealRegistry, tag: string): Promise<void> {
  await untilSome(async () => (await describeTag(registry.url, "team/app", tag).catch(() => undefined)) === undefined);
}

async function untilSome(look: () => Promise<boolean>, ms = 60_000): Promise<void> {
  for (const end = Date.now() + ms; !(await look()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`it did not come within ${ms} ms: ${look.toString()}`);
  }
}

/** A port at which nobody listens. */
async function shutPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((ready) => server.once("listening", ready));
  const { port } = server.address() as { port: number };
  await new Promise((closed) => server.close(closed));
  return port;
}
