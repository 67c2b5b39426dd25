import { type FaultAction, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, type Stage, setStage } from "../test/stage.ts";

const MIB = 1024 * 1024;
const EVER = Number.POSITIVE_INFINITY;

/** A source that answers as from far away, so that its blobs are fetched by ranges. */
async function farStage(): Promise<Stage> {
  const stage = await setStage();
  stage.source.faults.add({
    action: { kind: "delay", milliseconds: 40 },
    match: { op: ["manifest-get", "manifest-head", "blob-get"] },
    times: EVER,
  });
  return stage;
}

describe("a long path", { timeout: 60_000 }, () => {
  it("is travelled by ranges side by side, and says so", async () => {
    await using stage = await farStage();
    const image = await seedImage(stage.source, {
      repository: "app",
      tag: "v1",
      layers: [
        { size: 40 * MIB, seed: 1 },
        { size: 500, seed: 2 },
      ],
    });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    const large = result.blobs.find((blob) => blob.size === 40 * MIB);
    expect(large).toMatchObject({ rung: "copied", way: "segmented", retries: 0 });
    expect(large?.ranges).toBeGreaterThan(2);
    expect(result.blobs.find((blob) => blob.size === 500)).toMatchObject({ way: "stream", ranges: 1 });
    expect(stage.source.stats.peakInFlight("blob-get")).toBeGreaterThan(2);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
  });

  it.concurrent.each<{ name: string; action: FaultAction; times?: number; after?: number }>([
    { name: "connections cut in mid-range", action: { kind: "cut-after", bytes: 200_000 }, times: 5 },
    { name: "wrong bytes in one range", action: { kind: "flip-bit", offset: 100 }, after: 0 },
    { name: "bodies that end early with a clean FIN", action: { kind: "truncate-after", bytes: 100_000 }, times: 4 },
    { name: "a server that ignores ranges", action: { kind: "ignore-range" }, times: EVER },
    { name: "redirects", action: { kind: "redirect" }, times: EVER },
    { name: "a 503 for some ranges", action: { kind: "status", status: 503 }, times: 3 },
    { name: "a Content-Range that lies, for some ranges", action: { kind: "lying-content-range", shift: 7 }, times: 3 },
    { name: "429 for some ranges", action: { kind: "too-many-requests", retryAfter: "1" }, times: 3 },
  ])("is survived with $name", async ({ action, times, after = 1 }) => {
    await using stage = await farStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 12 * MIB, seed: 3 }] });
    const fault = stage.source.faults.add({ action, match: { op: "blob-get" }, ...(times && { times }), after });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(fault.fired).toBeGreaterThan(0);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    expect(result.progress.bytes.copied - result.progress.bytes.wasted).toBe(image.size);
  });

  it("asks a registry that redirects to storage once for a blob, and storage for its ranges", async () => {
    await using stage = await setStage({ source: { settings: { redirectBlobs: true } } });
    stage.source.faults.add({
      action: { kind: "delay", milliseconds: 40 },
      match: { op: ["manifest-get", "manifest-head", "blob-get", "blob-redirected"] },
      times: EVER,
    });
    for (const [tag, seed] of [
      ["first", 6],
      ["second", 7],
    ] as const)
      await seedImage(stage.source, { repository: "app", tag, layers: [{ size: 16 * MIB, seed }] });
    await stage.engine.copy(stage.request("app", "first"));
    stage.source.stats.reset();

    const result = await stage.engine.copy(stage.request("app", "second"));

    expect(result.blobs.find((blob) => blob.size === 16 * MIB)).toMatchObject({ way: "segmented", retries: 0 });
    // The layer and the configuration.
    expect(stage.source.stats.requests("blob-get")).toBe(2);
    expect(stage.source.stats.requests("blob-redirected")).toBeGreaterThan(4);
  });

  it("with one connection at a hundredth of the others' speed takes little longer", async () => {
    await using stage = await farStage();
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 48 * MIB, seed: 4 }] });
    const normal = stage.source.faults.add({
      action: { kind: "slow", bytesPerSecond: 3 * MIB },
      match: { op: "blob-get" },
      after: 4,
      times: EVER,
    });
    const straggler = stage.source.faults.add({
      action: { kind: "slow", bytesPerSecond: 30_000 },
      match: { op: "blob-get" },
      after: 3,
      times: 1,
    });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(normal.fired + straggler.fired).toBeGreaterThan(4);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
    expect(result.blobs.find((blob) => blob.size === 48 * MIB)?.milliseconds).toBeLessThan(20_000);
  });

  it("that looked short but holds single connections back is noticed", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 32 * MIB, seed: 5 }] });
    stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 4 * MIB }, match: { op: "blob-get" }, times: EVER });

    const result = await stage.engine.copy(stage.request("app", "v1"));

    expect(result.blobs.find((blob) => blob.size === 32 * MIB)).toMatchObject({ way: "segmented" });
    expect(result.progress.bytes.wasted).toBeLessThan(2 * MIB);
  });
});
