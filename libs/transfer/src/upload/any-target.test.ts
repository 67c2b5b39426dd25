import { type Settings, seedImage } from "@transship/dev-registry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { digestAt, hasBlob, setStage } from "../../test/stage.ts";

const MIB = 1024 * 1024;
/** Two chunks where nothing is known. */
const SIZE = 17 * MIB;

const habits = fc.record({
  singlePost: fc.boolean(),
  patches: fc.constantFrom("append" as const, "first-only" as const, "small-only" as const, "refused" as const),
  chunkStatus: fc.constantFrom(202 as const, 202 as const, 201 as const),
  wholePut: fc.boolean(),
  bodyLimit: fc.constantFrom(0, 0, 0, MIB, 3_000_000, 64 * MIB),
  chunkMinLength: fc.constantFrom(0, 5 * MIB),
  uploadStatus: fc.constantFrom("exact" as const, "distribution-2.8" as const, "none" as const),
  /** Added to what the status query says. */
  lie: fc.constantFrom(0, 0, 1_000, -1_000),
  cut: fc.boolean(),
});
type Habits = typeof habits extends fc.Arbitrary<infer T> ? T : never;

/** Whether there is any way at all into such a registry, for a blob of the size. */
function isPossible({ patches, wholePut, bodyLimit, chunkMinLength, chunkStatus }: Habits): boolean {
  const whole = bodyLimit === 0 || bodyLimit >= SIZE;
  const small = bodyLimit > 0 && bodyLimit < 4 * MIB;
  // A registry that answers 201 to chunks is taken for one that drops later ones; its word is all there is.
  const chunks = (patches === "append" || (patches === "small-only" && small)) && chunkStatus === 202;
  if (chunks && (bodyLimit === 0 || chunkMinLength <= bodyLimit)) return true;
  return whole && (wholePut || patches === "append" || patches === "first-only");
}

describe("any mixture of habits", { timeout: 120_000 }, () => {
  it("ends with the same bytes, fetched once, where there is a way; else in a clear failure", async () => {
    await fc.assert(
      fc.asyncProperty(habits, async (mixture) => {
        const { lie, cut, ...settings } = mixture;
        await using stage = await setStage({ target: { settings: settings satisfies Partial<Settings> } });
        const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: SIZE, seed: 1 }] });
        if (lie !== 0) stage.target.faults.add({ action: { kind: "wrong-offset", delta: lie }, times: Number.POSITIVE_INFINITY });
        if (cut)
          stage.target.faults.add({ action: { kind: "cut-after", bytes: 700_000 }, match: { op: ["blob-patch", "blob-put"] }, after: 1 });

        const outcome = await stage.engine.copy(stage.request("app", "v1")).catch((error: unknown) => error);

        if (isPossible(mixture)) {
          expect(outcome).toMatchObject({ outcome: "copied" });
          for (const { digest } of image.blobs) expect(await hasBlob(stage.target, "app", digest)).toBe(true);
          expect(stage.source.stats.bytesServed()).toBeLessThan(image.size + SIZE / 2);
        } else {
          expect(outcome).toMatchObject({
            side: "target",
            code: expect.stringMatching(/^(UPLOAD_TOO_LARGE|UNSUPPORTED|RANGE_INVALID|BLOB_UPLOAD_INVALID)$/),
          });
          expect(await digestAt(stage.target, "app", "v1")).toBeUndefined();
        }
      }),
      { numRuns: 8 },
    );
  });
});
