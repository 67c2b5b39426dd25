import { seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { restartedEngine, type Stage, setStage } from "../../test/stage.ts";
import { answered, copyImage, profileOf } from "../../test/upload-stage.ts";

const MIB = 1024 * 1024;
/** More than one chunk has at most (16 MiB), and above what is streamed. */
const LARGE = 17 * MIB;

interface Lie {
  readonly name: string;
  readonly delta: number;
}

const LIES: readonly Lie[] = [
  { name: "ahead of the truth", delta: 1_000 },
  { name: "behind it", delta: -1_000 },
];

describe("a status query that lies", { timeout: 60_000 }, () => {
  it.each(LIES)("$name: the upload begins again from the disk, and the word is not taken again", async ({ delta }) => {
    await using stage = await setStage();
    const lie = stage.target.faults.add({ action: { kind: "wrong-offset", delta }, times: Number.POSITIVE_INFINITY });
    const cut = cutChunks(stage, 2);
    const copied = await copyImage(stage, "v1", LARGE);
    expect(lie.fired).toBe(1);
    expect(cut.fired).toBe(2);
    expect(copied).toMatchObject({ losses: [], fetchedAgain: 0 });
    expect(profileOf(stage)).toMatchObject({ statusTrusted: false, patches: "many" });
  });

  it("is no lie where there is none: the upload begins again each time", async () => {
    await using stage = await setStage({ target: { settings: { uploadStatus: "none" } } });
    const cut = cutChunks(stage, 1);
    const copied = await copyImage(stage, "v1", LARGE);
    expect(cut.fired).toBe(1);
    expect(answered(stage, "blob-status", 405)).toBe(1);
    expect(copied).toMatchObject({ losses: [], fetchedAgain: 0 });
    expect(profileOf(stage)).toMatchObject({ statusTrusted: true });
  });

  it("is not asked about the upload of an earlier process once it is known to lie", async () => {
    await using stage = await setStage();
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: LARGE, seed: 1 }] });
    const slow = stage.target.faults.add({ action: { kind: "slow", bytesPerSecond: 20 * MIB }, match: { op: "blob-patch" }, times: 10 });
    const stop = new AbortController();
    const copy = stage.engine.copy(stage.request("app", "v1"), {
      signal: stop.signal,
      onProgress: ({ doneBytes }) => doneBytes >= 4 * MIB && stop.abort(new Error("stopped")),
    });
    await expect(copy).rejects.toThrow("stopped");
    expect(slow.fired).toBeGreaterThan(0);
    const learnedAt = Date.now();
    const known = stage.journal.uploadProfile(stage.target.url)?.profile;
    if (known === undefined) throw new Error("nothing learned");
    stage.journal.saveUploadProfile(stage.target.url, { profile: { ...known, statusTrusted: false }, learnedAt });
    await using engine = await restartedEngine(stage);
    const result = await engine.copy(stage.request("app", "v1"));
    expect(result.outcome).toBe("copied");
    expect(stage.target.stats.requests("blob-status")).toBe(0);
    expect(result.progress.bytes.resumed).toBeGreaterThan(0);
  });
});

/** Cuts the second chunk of the large layer, and as many after it. */
function cutChunks(stage: Stage, times: number) {
  return stage.target.faults.add({ action: { kind: "cut-after", bytes: MIB / 2 }, match: { op: "blob-patch" }, after: 1, times });
}
