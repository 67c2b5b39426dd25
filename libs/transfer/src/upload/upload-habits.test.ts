import { type Settings, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { setStage } from "../../test/stage.ts";
import { answered, copyImage, copyTo, profileOf } from "../../test/upload-stage.ts";

const MIB = 1024 * 1024;
/** More than one chunk has at most (16 MiB), and above what is streamed. */
const LARGE = 17 * MIB;

interface Habit {
  readonly name: string;
  readonly settings: Partial<Settings>;
  /** What the large layer's upload ended as. */
  readonly upload: string;
  /** The answer that shows the habit; its operation and status. */
  readonly met: readonly [op: string, status: number];
  readonly learned: object;
}

const HABITS: readonly Habit[] = [
  {
    name: "drops later chunks, unseen (202)",
    settings: { patches: "first-only" },
    upload: "monolithic",
    met: ["blob-put", 400],
    learned: { patches: "one" },
  },
  {
    name: "drops later chunks and answers 201 (ECR)",
    settings: { patches: "first-only", chunkStatus: 201 },
    upload: "monolithic",
    met: ["blob-patch", 201],
    learned: { patches: "one" },
  },
  { name: "refuses PATCH", settings: { patches: "refused" }, upload: "monolithic", met: ["blob-patch", 405], learned: { patches: "none" } },
  {
    name: "takes small PATCHes only (GHCR)",
    settings: { patches: "small-only" },
    upload: "monolithic",
    met: ["blob-patch", 416],
    learned: { patches: "none" },
  },
  {
    name: "takes one PATCH and no body in the PUT",
    settings: { patches: "first-only", wholePut: false },
    upload: "patch-then-put",
    met: ["blob-put", 405],
    learned: { patches: "one", wholePut: false },
  },
  {
    name: "takes at most 1 MiB in one request",
    settings: { bodyLimit: MIB },
    upload: "chunked",
    met: ["blob-patch", 413],
    learned: { maxBodyBytes: MIB },
  },
  {
    name: "wants chunks of 10 MiB",
    settings: { chunkMinLength: 10 * MIB },
    upload: "chunked",
    met: ["blob-start", 202],
    learned: { minChunkBytes: 10 * MIB },
  },
];

describe("a large blob at a target that", { timeout: 60_000 }, () => {
  it.each(HABITS)("$name", async ({ settings, upload, met, learned }) => {
    const { stage, ...first } = await copyTo(settings, LARGE);
    await using _ = stage;
    expect(answered(stage, ...met)).toBeGreaterThan(0);
    expect(first).toMatchObject({ losses: [], fetchedAgain: 0 });
    expect(first.uploads.get(LARGE)).toBe(upload);
    expect(profileOf(stage)).toMatchObject(learned);
    stage.target.stats.reset();

    // The second time it is known: nothing is refused, nothing sent twice.
    const second = await copyImage(stage, "v2", LARGE);

    expect(second).toMatchObject({ losses: [], fetchedAgain: 0 });
    expect(second.uploads.get(LARGE)).toBe(upload);
    expect(stage.target.stats.log.filter(({ status }) => status >= 400 && status !== 404)).toEqual([]);
    expect(stage.target.stats.bytesReceived()).toBeLessThan(LARGE + 100_000);
  });

  it("takes at most 1 MiB: a streamed blob goes by way of the disk, and only the first is fetched again", async () => {
    const { stage, ...first } = await copyTo({ bodyLimit: MIB }, 3 * MIB);
    await using _ = stage;
    // The answer may get lost while the body is still being sent; then it is sent once more.
    const refused = answered(stage, "blob-put", 413);
    expect(refused).toBeGreaterThan(0);
    expect(first).toMatchObject({ losses: [] });
    expect(first.wasted).toBeLessThanOrEqual(refused * 3 * MIB);
    expect(first.uploads.get(3 * MIB)).toBe("chunked");
    const second = await copyImage(stage, "v2", 3 * MIB);
    expect(second).toMatchObject({ losses: [], fetchedAgain: 0 });
  });

  it("takes less than anybody can work with: the copy fails and says so", async () => {
    await using stage = await setStage({ target: { settings: { bodyLimit: 1_000 } } });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "UPLOAD_TOO_LARGE", side: "target" });
    expect(answered(stage, "blob-patch", 413)).toBeGreaterThan(0);
  });

  it("takes nothing but single POSTs: the copy fails and says so", async () => {
    await using stage = await setStage({ target: { settings: { patches: "refused", wholePut: false } } });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: 9 * MIB, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "UNSUPPORTED", side: "target" });
  });
});
