import { type DevRegistry, type Settings, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, type Stage, setStage } from "../test/stage.ts";
import { deleteTag } from "./delete-tag.ts";

const layers = (seed: number) => [{ size: 100, seed }];
const open = (settings: Partial<Settings> = {}) => setStage({ target: { settings: { missingReferences: "accept", ...settings } } });

/** An image at the target only; its digest. */
async function stray(registry: DevRegistry, tag: string, seed = 1): Promise<string> {
  return (await seedImage(registry, { repository: "app", tag, layers: layers(seed) })).digest;
}

function remove(stage: Stage, tag: string, digest: string, alsoGone: readonly string[] = []) {
  const { source, target } = stage.request("app", tag);
  return deleteTag({ source, target, reference: tag, tag, digest: digest as never, alsoGone }, new AbortController().signal);
}

describe("deleteTag", () => {
  it("takes the tag away and leaves every other that names the same", async () => {
    await using stage = await open();
    const digest = await stray(stage.target, "gone");
    await stray(stage.target, "kept");
    expect(await remove(stage, "gone", digest)).toEqual({ outcome: "deleted", by: "tag" });
    expect(await digestAt(stage.target, "app", "gone")).toBeUndefined();
    expect(await digestAt(stage.target, "app", "kept")).toBe(digest);
    expect(await remove(stage, "gone", digest)).toEqual({ outcome: "absent" });
  });

  it("deletes nothing that the source has again, or that the target's tag no longer names", async () => {
    await using stage = await open();
    const digest = await stray(stage.target, "v1");
    const later = await stray(stage.target, "moved", 2);
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: layers(3) });
    expect(await remove(stage, "v1", digest)).toEqual({ outcome: "returned" });
    expect(await remove(stage, "moved", digest)).toEqual({ outcome: "moved" });
    expect(await digestAt(stage.target, "app", "v1")).toBe(digest);
    expect(await digestAt(stage.target, "app", "moved")).toBe(later);
  });

  it("looks at the target alone where somebody else found the source without it", async () => {
    await using stage = await open();
    const digest = await stray(stage.target, "v1");
    const { target } = stage.request("app", "v1");
    const request = { source: undefined, target, reference: "v1", tag: "v1", digest: digest as never, alsoGone: [] };
    expect(await deleteTag(request, new AbortController().signal)).toEqual({ outcome: "deleted", by: "tag" });
    expect([await digestAt(stage.target, "app", "v1"), stage.source.stats.requests()]).toEqual([undefined, 0]);
  });

  it("deletes by digest where the registry knows nothing else, and only what no other tag names", async () => {
    await using stage = await open({ delete: "digest-only" });
    const shared = await stray(stage.target, "a");
    await stray(stage.target, "b");
    const alone = await stray(stage.target, "c", 2);
    expect(await remove(stage, "a", shared)).toEqual({ outcome: "shared", neededBy: "b" });
    expect(await digestAt(stage.target, "app", "a")).toBe(shared);
    expect(await remove(stage, "c", alone)).toEqual({ outcome: "deleted", by: "digest" });
    expect(await digestAt(stage.target, "app", "c")).toBeUndefined();
    await seedImage(stage.source, { repository: "app", tag: "b", layers: layers(3) });
    expect(await remove(stage, "a", shared, ["b"])).toEqual({ outcome: "shared", neededBy: "b" });
    await stage.source.storage.removeTag("app", "b");
    expect(await remove(stage, "a", shared, ["b"])).toEqual({ outcome: "deleted", by: "digest" });
    expect(await remove(stage, "b", shared, ["a"])).toEqual({ outcome: "absent" });
  });

  it("does not delete by digest what a kept index contains", async () => {
    await using stage = await open({ delete: "digest-only" });
    const index = await seedImage(stage.target, {
      repository: "app",
      tag: "multi",
      layers: layers(1),
      platforms: ["linux/amd64", "linux/arm64"],
    });
    const child = index.images[0]?.digest ?? "";
    await stage.target.storage.setTag("app", "amd64", child);
    expect(await remove(stage, "amd64", child)).toEqual({ outcome: "shared", neededBy: "multi" });
    expect(await digestAt(stage.target, "app", child)).toBe(child);
  });

  it("says where the registry deletes nothing at all", async () => {
    await using stage = await open({ delete: "off" });
    expect(await remove(stage, "v1", await stray(stage.target, "v1"))).toEqual({ outcome: "undeletable" });
  });

  it.each(["manifest-head", "tags-list"] as const)("deletes nothing where %s fails for good", async (op) => {
    await using stage = await open({ delete: "digest-only" });
    const digest = await stray(stage.target, "v1");
    const registry = op === "manifest-head" ? stage.source : stage.target;
    const fault = registry.faults.add({ action: { kind: "status", status: 403 }, match: { op }, times: Number.POSITIVE_INFINITY });
    await expect(remove(stage, "v1", digest)).rejects.toMatchObject({ code: "DENIED" });
    expect(fault.fired).toBeGreaterThan(0);
    expect(await digestAt(stage.target, "app", "v1")).toBe(digest);
  });
});
