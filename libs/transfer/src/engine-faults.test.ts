import { seedImage, startDevRegistry } from "@transship/dev-registry";
import { openRegistry } from "@transship/oci";
import { describe, expect, it, vi } from "vitest";
import { digestAt, hasBlob, setStage } from "../test/stage.ts";

const MIB = 1024 * 1024;
/** Just above what is streamed, and several upload chunks. */
const LARGE = 40 * MIB;

describe("faults across blobs and copies", { timeout: 60_000 }, () => {
  it("fetches nothing twice from the source when the target loses the upload", async () => {
    await using stage = await setStage();
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

describe("stopping a copy", () => {
  it("ends within a moment, keeps what came, and goes on from there", async () => {
    await using stage = await setStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 2 }] });
    const slow = stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 20 * MIB } });
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
