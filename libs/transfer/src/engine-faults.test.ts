import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { NO_PROGRESS } from "@transship/model";
import { openRegistry } from "@transship/oci";
import { describe, expect, it, vi } from "vitest";
import { takeWay } from "../test/faults/way.ts";
import { digestAt, hasBlob, setStage } from "../test/stage.ts";
import type { CopyCost } from "./index.ts";

const MIB = 1024 * 1024;
/** Above what is streamed, and more than one chunk of an upload has. */
const LARGE = 20 * MIB;

describe("faults across blobs and copies", { timeout: 60_000 }, () => {
  it("fetches nothing twice from the source when the target loses the upload", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "spooled");
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const lost = stage.target.faults.add({ action: { kind: "lost-session" }, match: { op: "blob-patch" }, after: 1 });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(lost.fired).toBe(1);
    expect(stage.source.stats.bytesServed()).toBeLessThan(image.size + 10_000);
    expect(result.progress.bytes.wasted).toBe(0);
  });

  it.each([1, Number.POSITIVE_INFINITY])("does not take the target's word for a mount twice (%d lies)", async (times) => {
    await using stage = await setStage();
    const layers = [{ size: 3 * MIB, seed: "base" }];
    await seedImage(stage.source, { repository: "other", tag: "v1", layers });
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers });
    await stage.engine.copy(stage.request("other", "v1"));
    const lie = stage.target.faults.add({ action: { kind: "lying-mount" }, times });

    await stage.engine.copy(stage.request("app", "v1"));

    expect(lie.fired).toBeGreaterThan(0);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    for (const blob of image.blobs) expect(await hasBlob(stage.target, "app", blob.digest)).toBe(true);
  });

  it("brings a blob to two targets though the bytes that both read were wrong", async () => {
    await using stage = await setStage();
    await using second = await startDevRegistry();
    await using secondClient = openRegistry({ url: second.url });
    takeWay(stage.source, "spooled");
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const wrong = stage.source.faults.add({ action: { kind: "flip-bit", offset: 77_777 } });
    // One target lags behind, and finds the bytes wrong while they come for the second time for the other.
    stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 25 * MIB }, match: { op: "blob-get" }, after: 2, times: 1 });
    second.faults.add({ action: { kind: "delay", milliseconds: 300 }, match: { op: ["blob-start", "blob-patch"] }, times: 4 });

    await Promise.all([
      stage.engine.copy(stage.request("app", "v1")),
      stage.engine.copy(stage.request("app", "v1", { target: secondClient.repository("app") })),
    ]);

    expect(wrong.fired).toBe(1);
    for (const registry of [stage.target, second]) {
      expect(await digestAt(registry, "app", "v1")).toBe(image.digest);
      for (const blob of image.blobs) expect(await hasBlob(registry, "app", blob.digest)).toBe(true);
    }
    // Twice at most: who finds wrong bytes does not throw away what came after another found them.
    expect(stage.source.stats.bytesServed()).toBeLessThan(2 * LARGE + MIB);
  });

  it("does not replace a tag that the target holds immutable, and asks once", async () => {
    await using stage = await setStage({ target: { settings: { immutableTags: true } } });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const theirs = await seedImage(stage.target, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 2 }] });

    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "TAG_IMMUTABLE", side: "target" });

    expect(stage.target.stats.requests("manifest-put")).toBe(1);
    expect(await digestAt(stage.target, "app", "v1")).toBe(theirs.digest);
  });
});

describe("what a failed copy cost", { timeout: 60_000 }, () => {
  it("is told blob by blob: what arrived, what failed, what was stopped with it", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "stream");
    const image = await seedImage(stage.source, {
      repository: "app",
      tag: "v1",
      layers: [
        { size: 5 * MIB, seed: 1 },
        { size: 3 * MIB, seed: 2 },
        { size: 2 * MIB, seed: 3 },
      ],
    });
    const [config, slow, broken, small] = image.blobs;
    if (config === undefined || slow === undefined || broken === undefined || small === undefined) throw new Error("four blobs");
    const held = stage.source.faults.add({
      action: { kind: "slow", bytesPerSecond: MIB },
      match: { op: "blob-get", path: new RegExp(slow.digest) },
      times: Number.POSITIVE_INFINITY,
    });
    const wrong = stage.source.faults.add({
      action: { kind: "flip-bit", offset: 77_777 },
      match: { op: "blob-get", path: new RegExp(broken.digest) },
      times: Number.POSITIVE_INFINITY,
    });
    let cost: CopyCost | undefined;
    const copy = stage.engine.copy(stage.request("app", "v1"), {
      onEnd: (end) => {
        cost = end;
      },
    });

    await expect(copy).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect([held.fired > 0, wrong.fired > 0]).toEqual([true, true]);
    const of = new Map(cost?.blobs.map((report) => [report.digest, report]));
    expect(of.get(small.digest)).toMatchObject({ state: "done", rung: "copied", copied: 2 * MIB });
    expect(of.get(config.digest)).toMatchObject({ state: "done" });
    expect(of.get(broken.digest)).toMatchObject({ state: "failed", rung: "copied", retries: 1, copied: 6 * MIB, wasted: 6 * MIB });
    expect(of.get(slow.digest)).toMatchObject({ state: "under-way", rung: "copied" });
    expect(of.get(slow.digest)?.copied).toBeLessThan(5 * MIB);
    // The numbers of the copy are those of its blobs.
    const sum = (key: "copied" | "wasted") => cost?.blobs.reduce((total, report) => total + report[key], 0);
    expect(cost?.progress.bytes).toMatchObject({ copied: sum("copied"), wasted: sum("wasted") });
  });

  it("counts wrong bytes that came by way of the disk, and leaves none of them there", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "spooled");
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    const wrong = stage.source.faults.add({ action: { kind: "flip-bit", offset: 77_777 }, times: Number.POSITIVE_INFINITY });
    let cost: CopyCost | undefined;
    const onEnd = (end: CopyCost) => {
      cost = end;
    };
    await expect(stage.engine.copy(stage.request("app", "v1"), { onEnd })).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
      side: "source",
    });
    expect(wrong.fired).toBe(2);
    expect(cost?.blobs.find(({ state }) => state === "failed")).toMatchObject({ retries: 1, copied: 18 * MIB, wasted: 18 * MIB });
    expect(stage.journal.spooledDigests()).toEqual([]);
  });

  it("is nothing of blobs where the copy did not come to any, and is told once where it ends well", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 10, seed: 1 }] });
    const costs: CopyCost[] = [];
    const onEnd = (cost: CopyCost) => costs.push(cost);
    await expect(stage.engine.copy(stage.request("app", "absent"), { onEnd })).rejects.toMatchObject({ code: "MANIFEST_UNKNOWN" });
    const { progress, blobs } = await stage.engine.copy(stage.request("app", "v1"), { onEnd });
    expect(costs).toEqual([
      { progress: NO_PROGRESS, blobs: [] },
      { progress, blobs },
    ]);
    expect(blobs.map(({ state }) => state)).toEqual(["done", "done"]);
  });
});

describe("progress", () => {
  it("moves with the bytes that are fetched, while none has arrived", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "spooled");
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const stuck = stage.target.faults.add({ action: { kind: "delay", milliseconds: 1_500 }, match: { op: "blob-patch" } });
    const seen: { done: number; fetched: number }[] = [];
    const { progress } = await stage.engine.copy(stage.request("app", "v1"), {
      onProgress: ({ doneBytes, fetchedBytes }) => seen.push({ done: doneBytes, fetched: fetchedBytes }),
    });
    expect(stuck.fired).toBe(1);
    expect(seen.some(({ done, fetched }) => done < MIB && fetched > 2 * MIB)).toBe(true);
    for (const { done, fetched } of seen) expect(fetched).toBeGreaterThanOrEqual(done);
    expect(seen.map(({ fetched }) => fetched)).toEqual(seen.map(({ fetched }) => fetched).toSorted((a, b) => a - b));
    expect(progress.fetchedBytes).toBe(progress.totalBytes);
  });
});

describe("stopping a copy", () => {
  it("ends within a moment, keeps what came, and goes on from there", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const layer = image.blobs.find(({ size }) => size === LARGE)?.digest ?? "";
    const slow = stage.source.faults.add({
      action: { kind: "slow", bytesPerSecond: 16 * MIB },
      match: { op: "blob-get", path: new RegExp(layer) },
    });
    const stop = new AbortController();
    const reason = new Error("stopped by the test");
    const copy = stage.engine.copy(stage.request("app", "v1"), {
      signal: stop.signal,
      onProgress: (progress) => progress.bytes.copied > 10 * MIB && stop.abort(reason),
    });

    await expect(copy).rejects.toBe(reason);
    expect(slow.fired).toBe(1);
    const before = stage.source.stats.bytesServed();
    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(result.progress.bytes.resumed).toBeGreaterThan(8 * MIB);
    const { resumed, copied, wasted } = result.progress.bytes;
    expect(resumed + copied - wasted).toBe(LARGE);
    expect(stage.source.stats.bytesServed() - before).toBeLessThan(image.size - 8 * MIB);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
  });

  it.each(["blob-get", "blob-put", "manifest-put"] as const)("ends within a moment though %s is never answered", async (op) => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: MIB, seed: 2 }] });
    const hang = { action: { kind: "delay", milliseconds: 3_600_000 }, times: Number.POSITIVE_INFINITY } as const;
    const hangs = [stage.source, stage.target].map(({ faults }) => faults.add({ ...hang, match: { op: [op, "blob-cancel"] } }));
    const stop = new AbortController();
    const copy = stage.engine.copy(stage.request("app", "v1"), { signal: stop.signal });
    copy.catch(() => undefined);
    await vi.waitFor(() => expect(hangs.some((fault) => fault.fired > 0)).toBe(true), 10_000);

    const startedAt = performance.now();
    const reason = new Error("stopped by the test");
    stop.abort(reason);

    await expect(copy).rejects.toBe(reason);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});
