import { type FaultAction, type SeededImage, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import type { CopyStep } from "../../src/index.ts";
import { farAway, type SiblingStage, setSiblingStage } from "../sibling-stage.ts";
import { digestAt } from "../stage.ts";

const MIB = 1024 * 1024;
const EVER = Number.POSITIVE_INFINITY;
const LAYERS = [
  { size: 12 * MIB, seed: "large" },
  { size: 300_000, seed: "middle" },
  { size: 900, seed: "small" },
];

/** An image at the source, and at the first target though this engine never brought it there: its journal has not seen it. */
async function broughtByOthers(stage: SiblingStage, layers = LAYERS, there = layers) {
  const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers });
  await seedImage(stage.target, { repository: "mirror/app", tag: "v1", layers: there });
  return image;
}

/** The copy to the second target, told where the first is said to have the image. */
function copy(stage: SiblingStage, tag = "v1", onStep: (step: CopyStep) => void = () => undefined) {
  return stage.engine.copy(stage.toSecond("app", tag, { siblings: [{ ...stage.first, holds: ["mirror/app"] }] }), { onStep });
}

const largeOf = (image: SeededImage) => image.blobs.find(({ size }) => size > MIB)?.digest ?? "";

describe("a sibling that another agent filled", { timeout: 60_000 }, () => {
  it("gives all blobs; the source is asked for none", async () => {
    await using stage = await setSiblingStage();
    const image = await broughtByOthers(stage);

    const result = await copy(stage);

    expect(stage.sourceGets()).toBe(0);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    for (const blob of result.blobs)
      expect(blob).toMatchObject({ rung: "sibling", from: "first", copied: blob.size, retries: 0, wasted: 0 });
    // What it said is kept: another task may find it by the journal alone.
    for (const { digest } of image.blobs) expect(stage.journal.repositoriesWith(stage.target.url, digest)).toContain("mirror/app");
  });

  it("gives what an image has in common with another; the rest costs one wrong guess a blob", async () => {
    await using stage = await setSiblingStage();
    const base = { size: 2 * MIB, seed: "base" };
    await broughtByOthers(stage, [base, { size: 50_000, seed: "old" }]);
    const next = await seedImage(stage.source, { repository: "app", tag: "v2", layers: [base, { size: 50_000, seed: "new" }] });

    const result = await copy(stage, "v2");

    expect(await digestAt(stage.second, "app", "v2")).toBe(next.digest);
    expect(result.blobs.filter(({ rung }) => rung === "sibling").map(({ size }) => size)).toEqual([base.size]);
    expect(stage.sourceGets()).toBe(2);
    // One question a blob, and one more to measure the way.
    expect(stage.target.stats.requests("blob-head")).toBeLessThanOrEqual(next.blobs.length + 1);
  });

  it("that was emptied costs one request a blob at most, of many blobs only a few, and none of the next image", async () => {
    await using stage = await setSiblingStage();
    const many = Array.from({ length: 30 }, (_, index) => ({ size: 400 + index, seed: `layer ${index}` }));
    const image = await broughtByOthers(stage, many, []);
    const next = await seedImage(stage.source, { repository: "app", tag: "v2", layers: [{ size: 77, seed: "next" }] });

    let guesses = 0;
    await copy(stage, "v1", ({ kind }) => {
      if (kind === "wrong-guess") guesses += 1;
    });

    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    expect(guesses).toBe(stage.target.stats.requests());
    const asked = stage.target.stats.requests();
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(image.blobs.length);
    expect(stage.sourceGets()).toBe(image.blobs.length);
    await copy(stage, "v2");
    expect(await digestAt(stage.second, "app", "v2")).toBe(next.digest);
    expect(stage.target.stats.requests()).toBe(asked);
  });

  it("is not waited for where others are just bringing a blob to it: the source is taken", async () => {
    await using stage = await setSiblingStage();
    const image = await broughtByOthers(stage, [{ size: 400_000, seed: "under way" }], []);
    const opened = await fetch(`${stage.target.url}/v2/mirror/app/blobs/uploads/`, { method: "POST" });
    const half = await fetch(new URL(opened.headers.get("location") ?? "", stage.target.url), {
      method: "PATCH",
      body: Buffer.alloc(200_000),
    });
    expect([opened.status, half.status]).toEqual([202, 202]);
    const result = await copy(stage);
    expect(result.outcome).toBe("copied");
    expect(stage.sourceGets()).toBe(image.blobs.length);
  });

  it("is asked for nothing where the source is next door", async () => {
    await using stage = await setSiblingStage();
    stage.source.faults.clear();
    stage.journal.savePath(stage.source.url, { rttMs: 2, measuredAt: Date.now(), streamRate: undefined, lanes: undefined });
    const image = await broughtByOthers(stage);
    await copy(stage);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    expect(stage.target.stats.requests()).toBe(0);
  });

  it("is left alone where it is no nearer than the source", async () => {
    await using stage = await setSiblingStage();
    farAway(stage.target);
    const image = await broughtByOthers(stage);
    const result = await copy(stage);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    expect(result.blobs.map(({ rung }) => rung)).toEqual(image.blobs.map(() => "copied"));
    expect(stage.target.stats.requests()).toBe(2);
  });

  it.each<{ name: string; action: FaultAction; withinMs: number }>([
    { name: "answers 404 to what it said it has", action: { kind: "status", status: 404 }, withinMs: 5_000 },
    { name: "answers 500", action: { kind: "status", status: 500 }, withinMs: 5_000 },
    { name: "sends wrong bytes", action: { kind: "flip-bit", offset: 70_000 }, withinMs: 10_000 },
    { name: "hangs before it sends anything", action: { kind: "stall-after", bytes: 0 }, withinMs: 15_000 },
    { name: "hangs in the middle", action: { kind: "stall-after", bytes: 5 * MIB }, withinMs: 15_000 },
    { name: "is slower than the source", action: { kind: "slow", bytesPerSecond: 64 * 1024 }, withinMs: 20_000 },
  ])("that $name costs little: the source goes on at once, and the bytes are right", async ({ action, withinMs }) => {
    await using stage = await setSiblingStage();
    const image = await broughtByOthers(stage, LAYERS.slice(0, 1));
    const large = largeOf(image);
    const fault = stage.target.faults.add({ action, match: { op: "blob-get", path: new RegExp(large) }, times: EVER });
    const begun = performance.now();
    const left: string[] = [];

    const result = await copy(stage, "v1", (step) => {
      if (step.kind === "sibling-left") left.push(step.place.digest);
    });

    expect(fault.fired).toBeGreaterThan(0);
    expect(performance.now() - begun).toBeLessThan(withinMs);
    expect(await digestAt(stage.second, "app", "v1")).toBe(image.digest);
    const report = result.blobs.find(({ digest }) => digest === large);
    expect(report).toMatchObject({ rung: "copied", state: "done" });
    expect(left).toEqual([large]);
    expect((report?.copied ?? 0) - (report?.wasted ?? 0)).toBe(12 * MIB);
    expect(stage.source.stats.bytesServed(large)).toBeGreaterThan(0);
    const gets = stage.target.stats.log.filter(({ op, target }) => op === "blob-get" && target.includes(large)).length;
    // Ranges side by side fail side by side; none of them is tried again.
    expect(gets).toBeLessThanOrEqual(8);
  });
});
