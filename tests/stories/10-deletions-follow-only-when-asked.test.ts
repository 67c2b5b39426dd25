import { type DevRegistry, seedImage, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const TAGS = ["v1", "v2", "v3", "v4"];

/** Deletes a tag at a real registry: by tag where it can, else its manifest, whose only tag it must be. */
async function deleteAt(registry: string, repository: string, tag: string): Promise<void> {
  const byTag = await fetch(`${registry}/v2/${repository}/manifests/${tag}`, { method: "DELETE" });
  if (byTag.status === 202) return;
  const { digest } = await describeTag(registry, repository, tag);
  const byDigest = await fetch(`${registry}/v2/${repository}/manifests/${digest}`, { method: "DELETE" });
  if (byDigest.status !== 202) throw new Error(`deleting ${repository}:${tag} answered ${byTag.status}, ${byDigest.status}`);
}

async function tagsAt(registry: string, repository: string): Promise<string[]> {
  const answer = await fetch(`${registry}/v2/${repository}/tags/list`);
  return answer.ok ? (((await answer.json()) as { tags: string[] | null }).tags ?? []).sort() : [];
}

async function applyRule(site: Site, source: string, target: string, more: Record<string, unknown>): Promise<void> {
  const here = rule("gz-to-sg", { instance: "gz", namespace: "team0" }, [{ instance: "sg", namespace: "mirror" }], more);
  await site.apply(topology(instance("gz", source, "gz"), instance("sg", target, "sg"), here));
}

interface PlanDocument {
  readonly status: { readonly items: readonly { readonly action: string; readonly target: string; readonly reason: string }[] };
}

describe.skipIf(REAL_KINDS.length === 0)("deletions follow only when asked", { timeout: 180_000 }, () => {
  it.each(REAL_KINDS)("at %s: kept by default, shown in the plan, propagated when opted in, refused beyond the cap", async (kind) => {
    await using site = await openSite();
    const source = await site.registry("source", REAL_KINDS[0]);
    const target = await site.registry("target", kind);
    for (const tag of TAGS) await pushImage(source.url, "team0/app", tag, [noise(tag, 20_000)]);
    await site.agent("agent-sg", "sg");
    await applyRule(site, source.url, target.url, {});
    expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 4 } });

    // Not asked for.
    await deleteAt(source.url, "team0/app", "v4");
    expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", deleted: 0 });
    expect(await tagsAt(target.url, "mirror/app")).toEqual(TAGS);

    // Asked for, and more than allowed: a quarter of the tags, where a tenth is.
    await applyRule(site, source.url, target.url, { deletion: { propagate: true } });
    const capped = await site.run("gz-to-sg");
    expect(capped.code).toBe(7);
    expect(capped.execution.status).toMatchObject({
      state: "partial",
      deleted: 0,
      failures: [{ code: "DELETION_CAPPED", side: "target" }],
    });
    expect(capped.execution.status.failures[0]?.message).toContain("1 of 4 tags at sg");
    expect(await tagsAt(target.url, "mirror/app")).toEqual(TAGS);

    // Allowed.
    await applyRule(site, source.url, target.url, { deletion: { propagate: true, maxShare: "50%" } });
    const plan = await site.json<PlanDocument>("plan", "rule", "gz-to-sg");
    expect(plan.status.items.map(({ action, target: place, reason }) => [action, place, reason])).toEqual([
      ["delete", "sg/mirror/app:v4", "gone"],
    ]);
    const done = await site.run("gz-to-sg");
    expect(done.execution.status).toMatchObject({ state: "succeeded", deleted: 1 });
    expect(done.code).toBe(0);
    expect(await tagsAt(target.url, "mirror/app")).toEqual(["v1", "v2", "v3"]);
    expect(site.controlPlane.messages()).toContain("tag deleted");
  });
});

async function catalogueOf(pageSize: number): Promise<DevRegistry> {
  const registry = await startDevRegistry({ settings: { pageSize } });
  for (const tag of TAGS) await seedImage(registry, { repository: "team0/app", tag, layers: [{ size: 1000, seed: tag }] });
  return registry;
}

describe("a listing that breaks on its second page", { timeout: 120_000 }, () => {
  it.each([
    ["tags-list", "source", "page 2"],
    ["tags-list", "target", "page 2"],
  ] as const)("%s at the %s: the execution fails with the page and the cause, and nothing is deleted", async (op, side, page) => {
    await using site = await openSite();
    await using source = await catalogueOf(2);
    await using target = await startDevRegistry({ settings: { pageSize: 2 } });
    await site.agent("agent-sg", "sg");
    await applyRule(site, source.url, target.url, { deletion: { propagate: true, maxShare: "100%" } });
    expect((await site.run("gz-to-sg")).execution.status).toMatchObject({ state: "succeeded", tasks: { succeeded: 4 } });
    await source.storage.removeTag("team0/app", "v1");
    const registry = side === "source" ? source : target;
    const fault = registry.faults.add({
      action: { kind: "status", status: 403 },
      match: { op, path: /[?&]last=/ },
      times: Number.POSITIVE_INFINITY,
    });

    const { code, execution } = await site.run("gz-to-sg");

    expect(fault.fired).toBeGreaterThan(0);
    expect(code).toBe(1);
    expect(execution.status).toMatchObject({ state: "failed", deleted: 0, failures: [{ side }] });
    expect(execution.status.failures[0]?.message).toContain(page);
    expect(execution.status.failures[0]?.message).toContain("403");
    expect(target.storage.catalogue.tags("mirror/app")).toEqual(TAGS);
  });
});
