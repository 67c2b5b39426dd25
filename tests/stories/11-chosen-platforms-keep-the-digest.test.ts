import { describe, expect, it } from "vitest";
import { describe as describeTag, pushIndex } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const FOUR = ["linux/amd64", "linux/arm64", "linux/s390x", "linux/ppc64le"];
const TWO = ["linux/amd64", "linux/arm64"];

async function applyRule(site: Site, source: string, target: string, platforms: readonly string[]): Promise<void> {
  const what = { instance: "gz", repository: "multi", tag: "v1" };
  const here = rule("gz-to-sg", what, [{ instance: "sg" }], { platforms });
  await site.apply(topology(instance("gz", source, "gz"), instance("sg", target, "sg"), here));
}

/** Which of the platforms' images a registry has, by the tags that the source has for them. */
async function presentAt(registry: string, source: string): Promise<boolean[]> {
  return await Promise.all(
    FOUR.map(async (platform) => {
      const { digest } = await describeTag(source, "multi", `tmp-${platform.split("/")[1]}`);
      return await describeTag(registry, "multi", digest).then(
        () => true,
        () => false,
      );
    }),
  );
}

interface TaskList {
  readonly items: readonly { readonly metadata: { readonly id: string }; readonly status: { readonly note?: string } }[];
}

describe.skipIf(!REAL_KINDS.includes("distribution-3"))("chosen platforms keep the index's digest", { timeout: 180_000 }, () => {
  it.each([["none" as const], [TWO]])(
    "at a registry that wants %s of an index, only they are brought, and the rest when the rule grows",
    async (wanted) => {
      await using site = await openSite();
      const source = await site.registry("source", "distribution-3");
      const target = await site.registry("target", "distribution-3", { indexPlatforms: wanted });
      const { digest } = await pushIndex(source.url, "multi", "v1", FOUR);
      await site.agent("agent-sg", "sg");
      await applyRule(site, source.url, target.url, TWO);

      expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
      expect((await describeTag(target.url, "multi", "v1")).digest).toBe(digest);
      expect(await presentAt(target.url, source.url)).toEqual([true, true, false, false]);
      expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ tasks: { total: 0 }, unchanged: 1 });

      await applyRule(site, source.url, target.url, FOUR);
      expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
      expect((await describeTag(target.url, "multi", "v1")).digest).toBe(digest);
      expect(await presentAt(target.url, source.url)).toEqual([true, true, true, true]);
      expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ tasks: { total: 0 }, unchanged: 1 });
    },
  );

  it.each(REAL_KINDS)("at %s as it is by default, all of the index is brought, and the task says why", async (kind) => {
    await using site = await openSite();
    const source = await site.registry("source", "distribution-3");
    const target = await site.registry("target", kind);
    const { digest } = await pushIndex(source.url, "multi", "v1", FOUR);
    await site.agent("agent-sg", "sg");
    await applyRule(site, source.url, target.url, TWO);

    expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 1 } });
    expect((await describeTag(target.url, "multi", "v1")).digest).toBe(digest);
    expect(await presentAt(target.url, source.url)).toEqual([true, true, true, true]);
    const tasks = await site.json<TaskList>("task", "list");
    expect(tasks.items[0]?.status.note).toContain("all platforms were copied");
    const described = await site.cli("task", "describe", tasks.items[0]?.metadata.id ?? "");
    expect(described.stdout).toContain("all platforms were copied");
  });
});
