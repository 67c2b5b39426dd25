import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { setTimeout as sleep } from "node:timers/promises";
import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { describe as describeTag, noise, pushImage, putManifest } from "./stage/seed.ts";
import { type ExecutionDocument, openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const SECRET = "Bearer a-secret-of-the-story";
const HOOK_SECRET = "canary-0123456789";
const EVENTS = { triggers: { events: true } };
const RULES = ["there", "back"] as const;

/** Two real registries that tell of pushes, an agent, and rules both ways between namespaces of different names. */
async function twoSides(more: { there?: object; back?: object; hook?: number } = {}) {
  const site = await openSite();
  const east = await site.registry("a", REAL_KINDS[0], { secret: SECRET });
  const west = await site.registry("b", REAL_KINDS.at(-1), { secret: SECRET });
  await site.agent("west-1", "west");
  const file = site.scratch.path("secret");
  await writeFile(file, SECRET);
  await writeFile(site.scratch.path("hook-secret"), HOOK_SECRET);
  const tells = { webhook: { header: "Authorization", secretFrom: { file } } };
  const hookSpec = { secretFrom: { file: site.scratch.path("hook-secret") }, events: ["conflict.detected"], allowPrivate: true };
  await site.apply(
    topology(
      instance("a", east.url, "east", tells),
      instance("b", west.url, "west", tells),
      rule("there", { instance: "a", namespace: "team" }, [{ instance: "b", namespace: "mirror" }], { ...EVENTS, ...more.there }),
      rule("back", { instance: "b", namespace: "mirror" }, [{ instance: "a", namespace: "team" }], { ...EVENTS, ...more.back }),
      ...(more.hook === undefined
        ? []
        : [
            {
              apiVersion: "transship/v1",
              kind: "Webhook",
              metadata: { name: "ops" },
              spec: { url: `http://127.0.0.1:${more.hook}/`, ...hookSpec },
            },
          ]),
    ),
  );
  const digestAt = async (url: string, repository: string, tag: string) =>
    (await describeTag(url, repository, tag).catch(() => undefined))?.digest;
  return {
    site,
    a: { push: (tag: string, seed: string) => pushImage(east.url, "team/app", tag, [noise(seed, 50_000)]), url: east.url },
    b: { push: (tag: string, seed: string) => pushImage(west.url, "mirror/app", tag, [noise(seed, 50_000)]), url: west.url },
    both: async (tag: string) => [await digestAt(east.url, "team/app", tag), await digestAt(west.url, "mirror/app", tag)] as const,
    puts: () => east.accessLog.requests("PUT", /\/manifests\//) + west.accessLog.requests("PUT", /\/manifests\//),
    [Symbol.asyncDispose]: () => site[Symbol.asyncDispose](),
  };
}

type Sides = Awaited<ReturnType<typeof twoSides>>;

/** Lets both sides move while nobody looks. */
async function apart({ site }: Sides, move: () => Promise<unknown>): Promise<void> {
  for (const name of RULES) await site.cli("rule", "disable", name);
  await move();
  // What the registries tell of these pushes comes while no rule takes it.
  await sleep(500);
  for (const name of RULES) await site.cli("rule", "enable", name);
}

describe.skipIf(REAL_KINDS.length === 0)("two ways meet in the middle", { timeout: 240_000 }, () => {
  it("what either side pushes is on both, whoever looks first, and then it is quiet", async () => {
    await using sides = await twoSides();
    await sides.a.push("v1", "first");
    await untilEqual(sides, "v1");
    await sides.b.push("v1", "second");
    const second = (await sides.both("v1"))[1];
    await untilEqual(sides, "v1");
    expect(await sides.both("v1")).toEqual([second, second]);
    await sides.b.push("v2", "of the other side");
    await untilEqual(sides, "v2");
    await apart(sides, () => sides.b.push("v1", "third"));
    const third = (await sides.both("v1"))[1];
    // The rule that looks first has its source's old tag, which must not win.
    expect((await sides.site.run("there")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 0 } });
    expect((await sides.both("v1"))[1]).toBe(third);
    await sides.site.run("back");
    expect(await sides.both("v1")).toEqual([third, third]);

    await settled(sides.site);
    const before = sides.puts();
    for (const name of RULES) await sides.site.run(name);
    await sleep(1_500);
    expect(sides.puts()).toBe(before);
  });

  it("what both sides moved stays on both, is told once, and is settled by a person", async () => {
    await using receiver = await listen();
    await using sides = await twoSides({ hook: receiver.port });
    const { site } = sides;
    await sides.a.push("v1", "first");
    await untilEqual(sides, "v1");
    const [base] = await sides.both("v1");
    await apart(sides, () => Promise.all([sides.a.push("v1", "east"), sides.b.push("v1", "west")]));
    const [east, west] = await sides.both("v1");

    const { code, execution } = await site.run("there");

    expect(code).toBe(7);
    expect(execution.status).toMatchObject({ state: "partial", conflicts: 1, failures: [{ code: "TAG_CONFLICT" }] });
    expect(execution.status.failures[0]?.hint).toContain("--settle");
    expect((await site.run("back")).code).toBe(7);
    expect(await sides.both("v1")).toEqual([east, west]);
    const plan = await site.json<PlanDocument>("plan", "rule", "there");
    expect(plan.status.counts).toMatchObject({ copy: 0, conflicts: 1 });
    expect(plan.status.items).toMatchObject([{ action: "skip", reason: "conflict", digest: east, atTarget: west, base, facing: "back" }]);
    expect((await site.cli("execution", "logs", execution.metadata.id)).stdout).toContain("it moved on both sides");
    await until(() => receiver.told.length > 0);
    expect(receiver.told.map((body) => JSON.parse(body))).toMatchObject([
      { type: "dev.transship.conflict.detected", data: { rule: "there", count: 1, conflicts: [{ base }] } },
    ]);

    const settling = await site.cli("rule", "run", "back", "--settle", "--wait");
    expect(settling.code).toBe(0);
    expect(await sides.both("v1")).toEqual([west, west]);
    expect((await site.run("there")).code).toBe(0);
    expect(receiver.told).toHaveLength(1);
  });

  it("the newest wins where the rules say so, and what does not say its age is left", async () => {
    const newest = { conflict: "newest" };
    await using sides = await twoSides({ there: newest, back: newest });
    await apart(sides, async () => {
      await pushDated(sides.a.url, "team/app", "v1", "2026-01-01T00:00:00Z");
      await pushDated(sides.b.url, "mirror/app", "v1", "2026-02-01T00:00:00Z");
      await sides.a.push("v2", "no date here");
      await sides.b.push("v2", "nor there");
    });
    const [, west] = await sides.both("v1");
    expect((await sides.site.run("there")).execution.status).toMatchObject({ conflicts: 1, tasks: { succeeded: 0 } });
    expect((await sides.site.run("back")).execution.status).toMatchObject({ conflicts: 1, tasks: { succeeded: 1 } });
    expect(await sides.both("v1")).toEqual([west, west]);
    const [here, there] = await sides.both("v2");
    expect(here).not.toBe(there);
  });

  it("what one side deleted does not come back, and leaves the other where that is asked for", async () => {
    await using sides = await twoSides({ there: { deletion: { propagate: true, maxShare: "100%" } } });
    const { site } = sides;
    await sides.a.push("v1", "first");
    await sides.a.push("v2", "second");
    await untilEqual(sides, "v1");
    await untilEqual(sides, "v2");
    await apart(sides, async () => {
      await deleteTag(sides.a.url, "team/app", "v1");
      await sides.b.push("v3", "new at the other side");
    });
    const reasons = async (name: string) => {
      const { status } = await site.json<PlanDocument>("plan", "rule", name);
      return status.items.map(({ artifact, reason }) => [artifact, reason]);
    };
    expect(await reasons("back")).toEqual([
      ["mirror/app:v1", "withdrawn"],
      ["mirror/app:v3", "missing"],
    ]);
    expect(await reasons("there")).toEqual([
      ["team/app:v1", "gone"],
      ["team/app:v3", "ahead"],
    ]);
    expect((await site.run("there")).execution.status).toMatchObject({ state: "succeeded", deleted: 1 });
    await site.run("back");
    expect(await sides.both("v1")).toEqual([undefined, undefined]);
    const [east, west] = await sides.both("v3");
    expect(east).toBe(west);
    expect(east).toBeDefined();
  });
});

describe("a push during a copy", { timeout: 120_000 }, () => {
  it("is found by the last look, and not replaced", async () => {
    await using site = await openSite();
    await using east = await startDevRegistry();
    await using west = await startDevRegistry();
    await site.agent("west-1", "west");
    await site.apply(
      topology(
        instance("a", east.url, "east"),
        instance("b", west.url, "west"),
        rule("there", { instance: "a" }, [{ instance: "b" }]),
        rule("back", { instance: "b" }, [{ instance: "a" }]),
      ),
    );
    await seedImage(east, { repository: "app", tag: "v1", layers: [{ size: 10_000, seed: "first" }] });
    await site.run("there");
    await seedImage(east, { repository: "app", tag: "v1", layers: [{ size: 10_000, seed: "second" }] });
    const slow = east.faults.add({ action: { kind: "delay", milliseconds: 4_000 }, match: { op: "blob-get" } });
    const run = site.run("there");
    await until(() => slow.fired > 0);
    await seedImage(west, { repository: "app", tag: "v1", layers: [{ size: 10_000, seed: "pushed meanwhile" }] });
    const { digest } = await describeTag(west.url, "app", "v1");

    const { code, execution } = await run;

    expect(code).toBe(1);
    expect(execution.status.failures).toMatchObject([{ code: "TAG_CONFLICT", side: "target", attempts: 1 }]);
    expect((await describeTag(west.url, "app", "v1")).digest).toBe(digest);
    expect((await site.run("there")).execution.status).toMatchObject({ state: "partial", conflicts: 1 });
  });
});

interface PlanDocument {
  readonly status: {
    readonly counts: Readonly<Record<string, number>>;
    readonly items: readonly { readonly artifact: string; readonly reason: string }[];
  };
}

/** An image that says when it was created. */
async function pushDated(url: string, repository: string, tag: string, created: string): Promise<void> {
  await pushImage(url, repository, tag, [noise(created, 20_000)]);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = (await (await fetch(`${url}/v2/${repository}/manifests/${tag}`, { headers: { accept: mediaType } })).json()) as object;
  await putManifest(url, repository, tag, mediaType, { ...manifest, annotations: { "org.opencontainers.image.created": created } });
}

async function deleteTag(url: string, repository: string, tag: string): Promise<void> {
  const byTag = await fetch(`${url}/v2/${repository}/manifests/${tag}`, { method: "DELETE" });
  if (byTag.status === 202) return;
  const { digest } = await describeTag(url, repository, tag);
  const byDigest = await fetch(`${url}/v2/${repository}/manifests/${digest}`, { method: "DELETE" });
  if (byDigest.status !== 202) throw new Error(`deleting ${repository}:${tag} answered ${byTag.status}, ${byDigest.status}`);
}

/** Waits until both sides have the same, and all executions ended. */
async function untilEqual({ both, site }: Sides, tag: string): Promise<void> {
  await until(async () => {
    const [here, there] = await both(tag);
    return here !== undefined && here === there;
  });
  await settled(site);
}

async function settled(site: Site): Promise<void> {
  const ends = ["succeeded", "failed", "partial", "stopped"];
  let quiet = 0;
  await until(async () => {
    const { items } = await site.json<{ items: ExecutionDocument[] }>("execution", "list");
    quiet = items.every(({ status }) => ends.includes(status.state)) ? quiet + 1 : 0;
    return quiet >= 2;
  });
}

async function until(look: () => boolean | Promise<boolean>): Promise<void> {
  for (const deadline = performance.now() + 60_000; performance.now() < deadline; await sleep(100)) if (await look()) return;
  throw new Error("it did not happen within a minute");
}

async function listen() {
  const told: string[] = [];
  const server = createServer(async (incoming, answer) => {
    told.push(await text(incoming));
    answer.writeHead(204).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const close = () =>
    new Promise<void>((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  return { port: (server.address() as AddressInfo).port, told, [Symbol.asyncDispose]: close };
}
