import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FaultRule, type SeededImage, seedImage, startDevRegistry } from "@transship/dev-registry";
import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { findLosses } from "../faults/scene.ts";
import { takeWay } from "../faults/way.ts";
import { type Damage, damage, inflict } from "./damage.ts";
import { type Death, live, spoolFiles } from "./life.ts";

// Pauses between tries pass fifty times as fast.
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  return { ...real, setTimeout: (milliseconds: number, ...rest: [unknown?, object?]) => real.setTimeout(milliseconds / 50, ...rest) };
});

const MIB = 1024 * 1024;
const SIZE = 17 * MIB;
const LONG = process.env.TRANSSHIP_LONG === "1";
/** Codes with which a copy may end when faults come thick: the scheduler tries again then. */
const CLEAR = ["DIGEST_MISMATCH", "DIGEST_INVALID", "CONNECTION_FAILED", "RESPONSE_MALFORMED", "REGISTRY_FAILED"];

/** One life of the process that copies, what goes wrong in it, how it dies, and what becomes of its files. */
interface Life {
  readonly faults: readonly { readonly side: "source" | "target"; readonly rule: FaultRule }[];
  readonly death: Death;
  readonly damages: readonly Damage[];
}

const death: fc.Arbitrary<Death> = fc.oneof(
  fc.record({
    at: fc.constant("write" as const),
    number: fc.integer({ min: 1, max: 26 }),
    when: fc.constantFrom("before" as const, "after" as const),
  }),
  fc.record({ at: fc.constant("bytes" as const), served: fc.nat(SIZE) }),
);
const position = fc.nat(SIZE);
const fault: fc.Arbitrary<Life["faults"][number]> = fc.oneof(
  fc
    .oneof(
      fc.record({ kind: fc.constant("cut-after" as const), bytes: position }),
      fc.record({ kind: fc.constant("truncate-after" as const), bytes: position }),
      fc.record({ kind: fc.constant("flip-bit" as const), offset: position }),
      fc.constant({ kind: "ignore-range" as const }),
    )
    .map((action) => ({ side: "source" as const, rule: { action } })),
  fc
    .oneof(
      fc.constant({ kind: "lost-session" as const }),
      fc.constant({ kind: "drop-answer" as const }),
      fc.record({ kind: fc.constant("wrong-offset" as const), delta: fc.integer({ min: -5 * MIB, max: 5 * MIB }) }),
      fc.constant({ kind: "status" as const, status: 503 }),
    )
    .map((action) => ({ side: "target" as const, rule: { action } })),
);
const anyLife: fc.Arbitrary<Life> = fc.record({
  faults: fc.array(fault, { maxLength: 2 }),
  death,
  damages: fc.array(damage, { maxLength: 2 }),
});

/** Lives the lives one after the other, then lets a last one finish. Returns how many of them were killed, and the bytes that they received. */
async function outlive(
  lives: readonly Life[],
  way: "spooled" | "segmented",
): Promise<{ killed: number; received: number; image: SeededImage }> {
  await using source = await startDevRegistry();
  await using target = await startDevRegistry();
  const base = mkdtempSync(join(tmpdir(), "kill-anywhere-"));
  using _ = { [Symbol.dispose]: () => rmSync(base, { recursive: true, force: true }) };
  takeWay(source, way);
  const image = await seedImage(source, { repository: "app", tag: "v1", layers: [{ size: SIZE, seed: "layer" }] });
  let number = 0;
  let killed = 0;
  let received = 0;
  const receive = (bytes: number) => {
    received += bytes;
  };
  const next = () => join(base, String(number + 1));
  const now = () => join(base, String(number));
  mkdirSync(now());
  for (const { faults, death, damages } of lives) {
    for (const { side, rule } of faults) (side === "source" ? source : target).faults.add(rule);
    const end = await live({ source, target }, now(), next(), death, receive);
    if (end.kind === "failed") expectClear(end.error);
    else expect(target.storage.catalogue.tagDigest("app", "v1")).toBe(end.kind === "done" ? image.digest : await tagIfWhole());
    if (end.kind === "killed") {
      killed += 1;
      number += 1;
    }
    for (const each of damages) await inflict(each, now(), target);
  }
  for (let attempt = 1; ; attempt++) {
    const end = await live({ source, target }, now(), next(), undefined, receive);
    if (end.kind === "done") break;
    expect(end.kind).toBe("failed");
    if (end.kind === "failed") expectClear(end.error);
    expect(attempt).toBeLessThan(6);
  }
  expect(await findLosses(target, "app", image)).toEqual([]);
  // A process that dies between the commit and the clearing up leaves its file, which makes way when the room is needed.
  if (killed === 0) expect(spoolFiles(now())).toEqual([]);
  return { killed, received, image };

  async function tagIfWhole(): Promise<string | undefined> {
    const shown = target.storage.catalogue.tagDigest("app", "v1");
    if (shown !== undefined) expect(await findLosses(target, "app", image)).toEqual([]);
    return shown;
  }
}

function expectClear(error: unknown): void {
  expect(error).toBeInstanceOf(TransshipError);
  expect(CLEAR).toContain((error as TransshipError).code);
  expect((error as TransshipError).side).toBeDefined();
}

describe("a process that is killed anywhere, over and over", { timeout: 600_000 }, () => {
  it.each(["spooled", "segmented"] as const)("comes to the same bytes in the end, whatever else went wrong (%s)", async (way) => {
    let killed = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(anyLife, { minLength: 1, maxLength: 4 }), async (lives) => {
        killed += (await outlive(lives, way)).killed;
      }),
      { numRuns: LONG ? 200 : 5, endOnFailure: true },
    );
    expect(killed).toBeGreaterThan(0);
  });

  it("fetches little twice where nothing but the process was lost", async () => {
    const kills = fc.array(death, { minLength: 1, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(kills, async (deaths) => {
        const lives = deaths.map((each) => ({ faults: [], death: each, damages: [] }));
        const { killed, received, image } = await outlive(lives, "spooled");
        // What came and was not recorded yet; small blobs come again. What the kernel still had says more about its buffers than about the engine.
        expect(received).toBeLessThanOrEqual(image.size + killed * (2 * MIB + 10_000));
      }),
      { numRuns: LONG ? 100 : 5, endOnFailure: true },
    );
  });
});
