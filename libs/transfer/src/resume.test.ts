import { open, readdir, truncate } from "node:fs/promises";
import { join } from "node:path";
import { type FaultAction, seedImage } from "@transship/dev-registry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { takeWay } from "../test/faults/way.ts";
import { digestAt, hasBlob, type Stage, setStage } from "../test/stage.ts";
import { createCopyEngine } from "./index.ts";

const MIB = 1024 * 1024;
/** Above what is streamed, and more than one chunk of an upload has. */
const SIZE = 18 * MIB;
const LONG = process.env.TRANSSHIP_LONG === "1";

/** What may happen between and during attempts. */
type Mishap =
  | { readonly kind: "stop"; readonly afterBytes: number }
  | { readonly kind: "fault"; readonly side: "source" | "target"; readonly action: FaultAction; readonly after: number }
  | { readonly kind: "spool-page-lost"; readonly at: number }
  | { readonly kind: "spool-truncated"; readonly to: number }
  | { readonly kind: "journal-lost" };

const position = fc.nat(SIZE);
const sourceFault = fc.oneof(
  fc.record({ kind: fc.constant("cut-after" as const), bytes: position }),
  fc.record({ kind: fc.constant("truncate-after" as const), bytes: position }),
  fc.record({ kind: fc.constant("flip-bit" as const), offset: position }),
  fc.record({ kind: fc.constant("lying-content-range" as const), shift: fc.integer({ min: 1, max: 1000 }) }),
  fc.constant({ kind: "ignore-range" as const }),
);
const targetFault = fc.oneof(
  fc.constant({ kind: "lost-session" as const }),
  fc.constant({ kind: "drop-answer" as const }),
  fc.record({ kind: fc.constant("wrong-offset" as const), delta: fc.integer({ min: -5 * MIB, max: 5 * MIB }) }),
);
const mishap: fc.Arbitrary<Mishap> = fc.oneof(
  fc.record({ kind: fc.constant("stop" as const), afterBytes: position }),
  fc.record({ kind: fc.constant("fault" as const), side: fc.constant("source" as const), action: sourceFault, after: fc.nat(2) }),
  fc.record({ kind: fc.constant("fault" as const), side: fc.constant("target" as const), action: targetFault, after: fc.nat(2) }),
  fc.record({ kind: fc.constant("spool-page-lost" as const), at: position }),
  fc.record({ kind: fc.constant("spool-truncated" as const), to: position }),
  fc.constant({ kind: "journal-lost" as const }),
);

describe("resuming", { timeout: 120_000 }, () => {
  it("ends with the same bytes after any sequence of stops, faults and lost state", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(mishap, { minLength: 1, maxLength: 5 }), async (mishaps) => {
        await using stage = await setStage();
        const image = await seedImage(stage.source, {
          repository: "app",
          tag: "v1",
          layers: [{ size: SIZE, seed: "r", synthetic: true }],
        });
        for (const step of mishaps) await suffer(stage, step);
        await copyAtLast(stage);
        expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
        for (const blob of image.blobs) expect(await hasBlob(stage.target, "app", blob.digest)).toBe(true);
        expect(await readdir(stage.spoolDirectory)).toEqual([]);
      }),
      { numRuns: LONG ? 100 : 8, endOnFailure: true },
    );
  });

  it("fetches only what is missing after a stop, with an engine that was started anew", async () => {
    await using stage = await setStage();
    takeWay(stage.source, "spooled");
    const image = await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size: SIZE, seed: "r" }] });
    await suffer(stage, { kind: "stop", afterBytes: 10 * MIB });
    stage.source.stats.reset();

    await using second = createCopyEngine({ journal: stage.journal, spoolDirectory: stage.spoolDirectory, spoolLimitBytes: 1024 ** 3 });
    const result = await second.copy(stage.request("app", "v1"));

    expect(result.progress.bytes.resumed).toBeGreaterThanOrEqual(8 * MIB);
    expect(stage.source.stats.bytesServed()).toBeLessThanOrEqual(SIZE - 8 * MIB + 10_000);
    expect(await digestAt(stage.target, "app", "v1")).toBe(image.digest);
  });
});

async function suffer(stage: Stage, step: Mishap): Promise<void> {
  if (step.kind === "journal-lost") for (const digest of stage.journal.spooledDigests()) stage.journal.dropPieces(digest);
  else if (step.kind === "fault") stage[step.side].faults.add({ action: step.action, after: step.after });
  else if (step.kind === "stop") await copyUntil(stage, step.afterBytes);
  else for (const name of await readdir(stage.spoolDirectory)) await damage(join(stage.spoolDirectory, name), step);
}

/** Copies as a scheduler would: a clear failure (wrong bytes twice in a row) is tried again, and faults wear out. */
async function copyAtLast(stage: Stage): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await stage.engine.copy(stage.request("app", "v1"));
      return;
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^DIGEST_(?:MISMATCH|INVALID)$/) });
      if (attempt === 3) throw error;
    }
  }
}

/** A copy that is stopped once so many bytes came, at a source slow enough for it. */
async function copyUntil(stage: Stage, bytes: number): Promise<void> {
  const stop = new AbortController();
  const onProgress = (progress: { bytes: { copied: number } }) => progress.bytes.copied >= bytes && stop.abort(new Error("stopped"));
  const slow = stage.source.faults.add({ action: { kind: "slow", bytesPerSecond: 20 * MIB }, times: Number.POSITIVE_INFINITY });
  await stage.engine.copy(stage.request("app", "v1"), { signal: stop.signal, onProgress }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  slow.remove();
}

/** What a power cut may do to a file: pages that were never written, an end that is missing. */
async function damage(path: string, step: Extract<Mishap, { kind: "spool-page-lost" | "spool-truncated" }>): Promise<void> {
  if (step.kind === "spool-truncated") return truncate(path, step.to);
  await using file = await open(path, "r+");
  await file.write(Buffer.alloc(4096), 0, 4096, step.at);
}
