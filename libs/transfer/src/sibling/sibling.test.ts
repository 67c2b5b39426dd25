import { type FaultAction, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { farAway, type SiblingStage, setSiblingStage } from "../../test/sibling-stage.ts";
import { digestAt } from "../../test/stage.ts";

const MIB = 1024 * 1024;
const EVER = Number.POSITIVE_INFINITY;
const LAYERS = [
  { size: 24 * MIB, seed: "large" },
  { size: 300_000, seed: "middle" },
  { size: 900, seed: "small" },
];

/** An image that was brought to the first target, so that the engine saw its blobs there. */
async function arrivedAtFirst(stage: SiblingStage, layers = LAYERS) {
  const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers });
  await stage.engine.copy(stage.request("app", "v1"));
  stage.source.stats.reset();
  stage.target.stats.reset();
  return image;
}

describe("the nearest sibling", { timeout: 60_000 }, () => {
  it("gives what was brought to it, large and small, and the source is asked for no blob", async () => {
    await using stage = await setSiblingStage();
    const image = await arrivedAtFirst(stage);

    const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    expect(stage.sourceGets()).toBe(0);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    expect(result.progress.bytes).toEqual({ copied: image.size, mounted: 0, existing: 0, resumed: 0, wasted: 0 });
    for (const blob of result.blobs) expect(blob).toMatchObject({ rung: "sibling", from: "first", copied: blob.size, retries: 0 });
    expect(result.blobs).toHaveLength(4);
  });

  it("is not asked when it is no nearer than the source", async () => {
    await using stage = await setSiblingStage();
    farAway(stage.target);
    await arrivedAtFirst(stage, LAYERS.slice(1));

    const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    // The two questions that measured the way there.
    expect(stage.target.stats.requests()).toBe(2);
    expect(stage.target.stats.requests("blob-head")).toBe(2);
    for (const blob of result.blobs) expect(blob).toMatchObject({ rung: "copied", from: undefined });
  });

  it("costs one request where it lost the blob, and is not asked again", async () => {
    await using stage = await setSiblingStage();
    const image = await arrivedAtFirst(stage, LAYERS.slice(1));
    // The way is known from another image.
    await seedImage(stage.source, { repository: "other", tag: "v1", layers: [{ size: 10, seed: "other" }] });
    await stage.engine.copy(stage.request("other", "v1"));
    await stage.engine.copy(stage.toSecond("other", "v1", { siblings: [stage.first] }));
    for (const { digest } of image.blobs) await stage.target.storage.removeBlob("app", digest);
    stage.source.stats.reset();
    stage.target.stats.reset();

    const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    expect(stage.target.stats.requests()).toBe(image.blobs.length);
    expect(stage.sourceGets()).toBe(image.blobs.length);
    for (const { digest } of image.blobs) expect(stage.journal.repositoriesWith(stage.target.url, digest)).not.toContain("app");
    expect(result.progress.bytes.copied).toBe(image.size);
  });

  it("is asked in two repositories at most", async () => {
    await using stage = await setSiblingStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 500, seed: 1 }] });
    for (const repository of ["a", "b", "c", "d"]) {
      for (const { digest } of image.blobs) stage.journal.sawBlob({ registry: stage.target.url, repository, digest });
    }
    await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    // Two blobs, two tries each, and one question more that measured the way; blobs that are looked up at the same moment share the measuring.
    expect(stage.target.stats.requests("blob-head")).toBeLessThanOrEqual(2 * 2 + 1);
    expect(stage.sourceGets()).toBe(2);
  });

  it.each<{ name: string; action: FaultAction; brought: number }>([
    { name: "dies in the middle of a blob", action: { kind: "cut-after", bytes: 10 * MIB }, brought: 9 * MIB },
    { name: "ends a blob early", action: { kind: "truncate-after", bytes: 10 * MIB }, brought: 9 * MIB },
    { name: "answers 500", action: { kind: "status", status: 500 }, brought: 0 },
    { name: "is too busy", action: { kind: "too-many-requests" }, brought: 0 },
  ])("that $name is given up: the source goes on from the byte", async ({ action, brought }) => {
    await using stage = await setSiblingStage();
    const image = await arrivedAtFirst(stage, LAYERS.slice(0, 1));
    const fault = stage.target.faults.add({
      action,
      match: { op: "blob-get", path: new RegExp(image.blobs.find((blob) => blob.size > MIB)?.digest ?? "") },
      times: EVER,
    });

    const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    expect(fault.fired).toBe(1);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    const large = result.blobs.find((blob) => blob.size > MIB);
    expect(large).toMatchObject({ rung: "copied", from: brought > 0 ? "first" : undefined, resumed: 0 });
    // Ranges of the source that turn out slow may be asked for again, so a little more than the rest may come.
    expect((large?.copied ?? 0) - (large?.wasted ?? 0)).toBe(24 * MIB);
    expect(stage.source.stats.bytesServed(large?.digest ?? "")).toBeLessThan(24 * MIB * 1.2 - brought);
  });

  it.each([{ size: 24 * MIB }, { size: 900_000 }])(
    "that sends wrong bytes is caught, and the source sends all $size of them",
    async ({ size }) => {
      await using stage = await setSiblingStage();
      const image = await arrivedAtFirst(stage, [{ size, seed: "lie" }]);
      const layer = image.blobs.find((blob) => blob.size === size)?.digest ?? "";
      const fault = stage.target.faults.add({
        action: { kind: "flip-bit", offset: 700_000 },
        match: { op: "blob-get", path: new RegExp(layer) },
        times: EVER,
      });

      const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

      expect(fault.fired).toBeGreaterThan(0);
      expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
      const report = result.blobs.find((blob) => blob.size === size);
      expect(report).toMatchObject({ rung: "copied", from: "first" });
      expect(report?.wasted).toBeGreaterThanOrEqual(size);
      expect((report?.copied ?? 0) - (report?.wasted ?? 0)).toBe(size);
      expect(stage.source.stats.bytesServed(layer)).toBeGreaterThanOrEqual(size);
      expect(stage.journal.repositoriesWith(stage.target.url, layer)).toEqual([]);
    },
  );

  it("that failed is left alone by the blobs after it", async () => {
    await using stage = await setSiblingStage();
    const image = await arrivedAtFirst(stage, LAYERS.slice(1));
    const fault = stage.target.faults.add({ action: { kind: "status", status: 503 }, match: { op: "blob-get" }, times: EVER });
    await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));
    const asked = stage.target.stats.requests();

    await seedImage(stage.source, { repository: "app", tag: "v2", layers: [{ size: 5000, seed: 8 }] });
    for (const { digest } of image.blobs) stage.journal.sawBlob({ registry: stage.target.url, repository: "app", digest });
    await stage.engine.copy(stage.toSecond("app", "v2", { siblings: [stage.first] }));

    expect(fault.fired).toBeGreaterThan(0);
    expect(stage.target.stats.requests()).toBe(asked);
  });

  it("that does not answer holds nothing up: the source is taken, and it is left alone", async () => {
    await using stage = await setSiblingStage();
    const image = await arrivedAtFirst(stage, LAYERS.slice(1));
    const fault = stage.target.faults.add({ action: { kind: "delay", milliseconds: 60_000 }, match: { op: "blob-head" }, times: EVER });
    const begun = performance.now();

    const result = await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));

    expect(fault.fired).toBeGreaterThan(0);
    expect(performance.now() - begun).toBeLessThan(30_000);
    expect(result.blobs.map(({ rung }) => rung)).toEqual(image.blobs.map(() => "copied"));
    for (const { digest } of image.blobs) expect(stage.journal.repositoriesWith(stage.target.url, digest)).toEqual(["app"]);
  });

  it("is waited for when the same small blob is on its way there, so that it crosses once", async () => {
    await using stage = await setSiblingStage();
    await arrivedAtFirst(stage, [{ size: 10, seed: "way" }]);
    await stage.engine.copy(stage.toSecond("app", "v1", { siblings: [stage.first] }));
    const image = await seedImage(stage.source, { repository: "app", tag: "v2", layers: [{ size: 700_000, seed: "both" }] });
    stage.source.stats.reset();

    const both = await Promise.all([
      stage.engine.copy(stage.request("app", "v2", { siblings: [stage.home] })),
      stage.engine.copy(stage.toSecond("app", "v2", { siblings: [stage.first] })),
    ]);

    for (const { digest, size } of image.blobs) expect(stage.source.stats.bytesServed(digest)).toBe(size);
    expect(both.map(({ outcome }) => outcome)).toEqual(["copied", "copied"]);
    expect(await digestAt(stage.second, "app", "v2")).toBe(image.digest);
  });
});

describe("fifty images that share their bases", { timeout: 60_000 }, () => {
  const LARGE = 2 * MIB;

  /** Copies them all at once to a near target, and says which blobs the source did not send once. */
  async function copyAll(mount: boolean) {
    const stage = await setSiblingStage({ second: { settings: { mount } } });
    const sizes = new Map<string, number>();
    const names = Array.from({ length: 50 }, (_, index) => `team/app${index}`);
    const bases = [0, 1, 2].map((base) => ({ size: 60_000 + base, seed: `base ${base}` }));
    const large = { size: LARGE, seed: "large base" };
    for (const [index, repository] of names.entries()) {
      const base = bases[index % bases.length] ?? large;
      const image = await seedImage(stage.source, { repository, tag: "v1", layers: [large, base, { size: 300, seed: repository }] });
      for (const { digest, size } of image.blobs) sizes.set(digest, size);
    }
    const results = await Promise.all(
      names.map((name) => stage.engine.copy(stage.toSecond(name, "v1", { siblings: [stage.home], rule: "all" }))),
    );
    for (const name of names) expect(await digestAt(stage.second, name, "v1")).toBe(await digestAt(stage.source, name, "v1"));
    // A range that turns out slow may be asked for again, which is less than the whole blob.
    const once = (bytes: number, size: number) => bytes >= size && bytes < 2 * size;
    const again = [...sizes].filter(([digest, size]) => !once(stage.source.stats.bytesServed(digest), size));
    return { stage, results, again };
  }

  it("send each unique blob over the path once, and mount it afterwards", async () => {
    const { stage, results, again } = await copyAll(true);
    await using _ = stage;
    expect(again).toEqual([]);
    expect(results.reduce((sum, { progress }) => sum + progress.bytes.mounted, 0)).toBeGreaterThan(49 * LARGE);
  });

  it("do so also where the target mounts nothing: it is read back from there", async () => {
    const { stage, results, again } = await copyAll(false);
    await using _ = stage;
    expect(again).toEqual([]);
    const readBack = results.flatMap(({ blobs }) => blobs).filter((blob) => blob.size === LARGE && blob.rung === "sibling");
    expect(readBack).toHaveLength(49);
    expect(new Set(readBack.map((blob) => blob.from))).toEqual(new Set(["second"]));
  });
});
