import { rm } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { whyNoLink } from "../bench/long-link.ts";
import type { RealRegistry } from "../registries/real-registry.ts";
import { farAway } from "./stage/far-away.ts";
import { openLongSite } from "./stage/long-site.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { type ExecutionDocument, openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

/** There and back it is twice as much: farther than a busy machine makes anything on loopback look. */
const ONE_WAY_MS = 40;
const BASE = 900_000;
const intl = { border: "intl" };
const all = { instance: "source", namespace: "team" };
const mirror = (name: string) => ({ instance: name, namespace: "mirror" });

/** What a task's document says of its blobs. */
interface TaskDocument {
  readonly status: {
    readonly agent: string;
    readonly blobs: readonly { readonly digest: string; readonly rung: string; readonly from?: string }[];
  };
}

type Executed = ExecutionDocument & { readonly status: { readonly blobs: Readonly<Record<string, { readonly count: number }>> } };

describe.skipIf(REAL_KINDS.length === 0)("a replica far from the source", { timeout: 240_000 }, () => {
  it("takes its blobs from the sibling next door, which another agent filled, and the source sends none of them", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const [near, away, second, third] = await Promise.all(["near", "away", "second", "third"].map((name) => site.registry(name)));
    if (near === undefined || away === undefined || second === undefined || third === undefined) throw new Error("no registries");
    // Far from everything: the source, and one of the replicas for all but its own agent.
    await using wayToSource = await farAway(source.port, ONE_WAY_MS);
    await using wayToAway = await farAway(away.port, ONE_WAY_MS);
    const base = noise("base", BASE);
    const v1 = new Map(await pushImage(source.url, "team/app", "v1", [base, noise("own v1", 300_000), noise("small v1", 700)]));
    const endpoints = [
      { url: wayToAway.url, network: "public" },
      { url: away.url, network: "away-lan" },
    ];
    await site.agent("west-1", "west");
    await site.agent("west-2", "west-b");
    await site.agent("away-1", "away", ["--network", "public", "--network", "away-lan"]);
    const only = (tag: string) => ({ ...all, tag });
    await site.apply(
      topology(
        instance("source", wayToSource.url, "east", intl),
        instance("near", near.url, "west", intl),
        instance("away", away.url, "away", { ...intl, endpoints }),
        instance("second", second.url, "west-b", intl),
        instance("third", third.url, "west-b", intl),
        rule("to-first", only("v1"), [mirror("near"), mirror("away")]),
        rule("to-second", only("v1"), [mirror("second")]),
        rule("to-third", only("v2"), [mirror("third")]),
      ),
    );
    expect((await site.run("to-first")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 2 } });

    for (const { accessLog } of [source, near, away]) accessLog.reset();
    const { execution } = await site.run("to-second");
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
    expect(blobGets(source)).toBe(0);
    expect(blobGets(near)).toBe(v1.size);
    expect(blobGets(away)).toBe(0);
    expect(await describeTag(second.url, "mirror/app", "v1")).toEqual(await describeTag(source.url, "team/app", "v1"));
    const [task] = await tasksOf(site, execution);
    expect(task?.status.agent).toBe("west-2");
    expect(task?.status.blobs.map(({ rung, from }) => [rung, from])).toEqual([...v1].map(() => ["sibling", "near"]));
    const told = await site.json<Executed>("execution", "get", execution.metadata.id);
    expect(told.status.blobs.sibling?.count).toBe(v1.size);
    const metrics = await (await fetch(`http://${site.http}/metrics`)).text();
    expect(metrics).toContain(`transship_blobs_total{rung="sibling"} ${v1.size}\n`);
    console.info(`of ${v1.size} blobs, GETs: ${blobGets(source)} at the source, ${blobGets(near)} at the sibling next door`);

    // Of an image that nobody has but the source, what it shares with another of its repository comes from next door all the same.
    const v2 = new Map(await pushImage(source.url, "team/app", "v2", [base, noise("own v2", 300_000)]));
    const baseDigest = [...v2].find(([, size]) => size === BASE)?.[0] ?? "";
    source.accessLog.reset();
    expect((await site.run("to-third")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
    expect(source.accessLog.requests("GET", new RegExp(`/blobs/${baseDigest}`))).toBe(0);
    expect(blobGets(source)).toBe(v2.size - 1);
    expect(await describeTag(third.url, "mirror/app", "v2")).toEqual(await describeTag(source.url, "team/app", "v2"));
  });

  it("asks a sibling that was emptied once a blob at most, and takes the source", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const [near, second] = await Promise.all(["near", "second"].map((name) => site.registry(name)));
    if (near === undefined || second === undefined) throw new Error("no registries");
    await using way = await farAway(source.port, ONE_WAY_MS);
    const layers = Array.from({ length: 8 }, (_, index) => noise(`layer ${index}`, 20_000 + index));
    const blobs = new Map(await pushImage(source.url, "team/app", "v1", layers));
    await site.agent("west-1", "west");
    await site.agent("west-2", "west-b");
    await site.apply(
      topology(
        instance("source", way.url, "east", intl),
        instance("near", near.url, "west", intl),
        instance("second", second.url, "west-b", intl),
        rule("to-first", all, [mirror("near")]),
        rule("to-second", all, [mirror("second")]),
      ),
    );
    await site.run("to-first");
    await rm(site.scratch.path("near", "data"), { recursive: true });

    for (const { accessLog } of [source, near]) accessLog.reset();
    const { execution } = await site.run("to-second");
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
    const asked = near.accessLog.requests();
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(blobs.size);
    expect(blobGets(source)).toBe(blobs.size);
    expect(await describeTag(second.url, "mirror/app", "v1")).toEqual(await describeTag(source.url, "team/app", "v1"));
    const [task] = await tasksOf(site, execution);
    expect(task?.status.blobs.map(({ rung }) => rung)).toEqual([...blobs].map(() => "copied"));
    console.info(`${asked} wrong guesses for ${blobs.size} blobs`);
  });
});

describe.skipIf(REAL_KINDS.length === 0 || whyNoLink() !== undefined)(
  "two replicas at the end of a long line",
  { timeout: 240_000 },
  () => {
    it("are filled over it once: the second one by its own agent, from the first", async () => {
      const link = { roundTrip: 100, loss: 0.001, rate: 200, congestion: "cubic" } as const;
      const blobs = new Map<string, number>();
      await using site = await openLongSite(link, async (url) => {
        const layers = [noise("large", 24_000_000), noise("middle", 2_000_000), noise("small", 900)];
        for (const [digest, size] of await pushImage(url, "team/app", "v1", layers)) blobs.set(digest, size);
      });
      const size = [...blobs.values()].reduce((sum, bytes) => sum + bytes, 0);
      const [near, second] = [await site.registry("near"), await site.registry("second")];
      await site.agent("west-1", "west");
      await site.agent("west-2", "west-b");
      await site.apply(
        topology(
          instance("source", `http://${site.source.host}`, "east", intl),
          instance("near", `http://${near.host}`, "west", intl),
          instance("second", `http://${second.host}`, "west-b", intl),
          rule("to-first", all, [mirror("near")]),
          rule("to-second", all, [mirror("second")]),
        ),
      );
      expect((await site.run("to-first")).status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
      site.source.accessLog.reset();

      const execution = await site.run("to-second");

      expect(execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
      expect(execution.status.bytes.copied - execution.status.bytes.wasted).toBe(size);
      expect(blobGets(site.source)).toBe(0);
      const [task] = await tasksOf(site, execution);
      expect(task?.status.agent).toBe("west-2");
      expect(task?.status.blobs.map(({ rung, from }) => [rung, from])).toEqual([...blobs].map(() => ["sibling", "near"]));
      const crossed = await site.close();
      console.info(`${crossed} bytes crossed the line for two replicas of ${size} bytes`);
      expect(crossed).toBeGreaterThan(size);
      expect(crossed).toBeLessThan(1.5 * size);
    });
  },
);

function blobGets({ accessLog }: Pick<RealRegistry, "accessLog">): number {
  return accessLog.requests("GET", /\/blobs\/sha256:/);
}

async function tasksOf(site: Pick<Site, "json">, { metadata }: ExecutionDocument): Promise<TaskDocument[]> {
  const list = await site.json<{ items: { readonly metadata: { readonly id: string } }[] }>("task", "list", "--execution", metadata.id);
  return Promise.all(list.items.map(({ metadata: { id } }) => site.json<TaskDocument>("task", "get", id)));
}
