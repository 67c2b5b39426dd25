import { describe, expect, it } from "vitest";
import { farAway } from "./stage/far-away.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const TARGETS = ["t0", "t1", "t2"] as const;
const TAGS = ["v1.0", "v1.1"] as const;
/** Blobs here are small enough to come in one request each: of a large one, a range that turns out slow may be asked for again. */
const OWN_BYTES = 700_000;
/** The source is far from the agent and its targets, as another region is: where all are near, each target is filled from the source, which is as good. */
const ONE_WAY_MS = 30;

describe.skipIf(REAL_KINDS.length === 0)("one rule with three targets", { timeout: 240_000 }, () => {
  it("reads each blob of its source once, makes the targets equal, and says so in sentences", async () => {
    await using site = await openSite();
    const source = await site.registry("s");
    await using way = await farAway(source.port, ONE_WAY_MS);
    const targets = await Promise.all(TARGETS.map((name) => site.registry(name)));
    const blobs = new Map<string, number>();
    const base = noise("base", 900_000);
    for (const tag of TAGS) {
      const pushed = await pushImage(source.url, "team0/app1", tag, [base, noise(`own-${tag}`, OWN_BYTES)]);
      for (const [digest, size] of pushed) blobs.set(digest, size);
    }
    await pushImage(source.url, "team0/app1", "latest", [noise("not wanted", 50_000)]);
    // One task at a time: of tasks that begin at once, an agent that knows no distances yet may fetch a small blob for each.
    await site.agent("west-1", "west", ["--slots", "1"]);
    const from = { instance: "s", namespace: "team0", repository: "app[0-9]+", tag: "v1\\..*" };
    const places = TARGETS.map((name) => ({ instance: name, namespace: "mirror" }));
    const schedule = { cron: "0 2 * * *", timeZone: "Asia/Shanghai" };
    const more = { description: "一处到三处", kinds: ["image"], overwrite: "never", triggers: { schedule } };
    await site.apply(
      topology(
        instance("s", way.url, "east"),
        ...targets.map(({ url }, index) => instance(TARGETS[index] ?? "", url, "west")),
        rule("spread", from, places, more),
      ),
    );
    expect((await site.cli("rule", "describe", "spread")).stdout).toContain("\nNever ran; next run in ");

    source.accessLog.reset();
    const { execution } = await site.run("spread");
    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { total: 6, succeeded: 6 } });
    const { accessLog } = source;
    const gets = [...blobs.keys()].map((digest) => [digest, accessLog.requests("GET", new RegExp(`/blobs/${digest}`))]);
    expect(gets).toEqual([...blobs.keys()].map((digest) => [digest, 1]));
    const sum = [...blobs.values()].reduce((total, size) => total + size, 0);
    expect(accessLog.blobBytesServed()).toBe(sum);
    console.info(`the source sent ${accessLog.blobBytesServed()} bytes of blobs for three targets`);
    for (const tag of TAGS) {
      const { digest } = await describeTag(source.url, "team0/app1", tag);
      const there = await Promise.all(targets.map(({ url }) => describeTag(url, "mirror/app1", tag)));
      expect(there.map((found) => found.digest)).toEqual([digest, digest, digest]);
    }
    await expect(describeTag(targets[0]?.url ?? "", "mirror/app1", "latest")).rejects.toThrow("404");

    const again = await site.run("spread");
    expect(again.execution.status).toMatchObject({ state: "succeeded", unchanged: 6, tasks: { total: 0 } });
    const told = (await site.cli("rule", "describe", "spread")).stdout.split("\n");
    expect(told.slice(0, 2)).toEqual([
      "一处到三处",
      "Every day at 02:00 Asia/Shanghai, copies images of team0/app[0-9]+ tagged v1\\..* from s to t0/mirror, t1/mirror and t2/mirror, never overwrites.",
    ]);
    expect(told[2]).toMatch(/^Last run \d+ (s|min) ago: 6 unchanged, 0 copied; next run in .+ \(\d{4}-\d\d-\d\d 02:00 Asia\/Shanghai\)\.$/);
    const list = await site.cli("rule", "list");
    expect(list.stdout).toMatch(/^NAME +STATE +LAST RUN +NEXT RUN +SOURCE +TARGETS +TRIGGERS +SUCCESS +MEDIAN +DESCRIPTION$/m);
    expect(list.stdout).toMatch(/^spread +succeeded +\d+.*s ago +in \S+ .* every day at 02:00 Asia\/Shanghai +\d+\/\d+ +\S+ +一处到三处$/m);
  });
});
