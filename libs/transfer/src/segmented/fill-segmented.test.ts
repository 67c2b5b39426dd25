import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransshipError } from "@transship/errors";
import { type BlobRead, type ByteRange, type CallOptions, digestOf, type Repository } from "@transship/oci";
import fc from "fast-check";
import { afterAll, describe, expect, it, vi } from "vitest";
import { BlobAccount } from "../blob-account.ts";
import { InMemoryJournal } from "../memory-journal.ts";
import { Spool } from "../spool/spool.ts";
import { Tally } from "../tally.ts";
import { fillSegmented } from "./fill-segmented.ts";
import { settledLanes } from "./lane-count.ts";
import { Lanes } from "./lanes.ts";

// Pauses between tries pass fifty times as fast.
vi.mock("node:timers/promises", async (original) => {
  const real = await original<typeof import("node:timers/promises")>();
  return { ...real, setTimeout: (milliseconds: number, ...rest: [unknown?, object?]) => real.setTimeout(milliseconds / 50, ...rest) };
});

const MIB = 1024 * 1024;
const SIZE = 5 * MIB + 12_345;
const BYTES = Buffer.alloc(SIZE);
for (let index = 0; index < SIZE; index++) BYTES[index] = (index * 2_654_435_761) >>> 13;
const BLOB = { digest: digestOf(BYTES), size: SIZE };
const directory = mkdtempSync(join(tmpdir(), "fill-segmented-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** How a source answers one request. Shares are of what was asked for. */
type Manner =
  | { readonly kind: "whole"; readonly part: number }
  | { readonly kind: "cut"; readonly share: number; readonly part: number }
  | { readonly kind: "stall"; readonly share: number }
  | {
      readonly kind: "refuse";
      readonly code: "REGISTRY_FAILED" | "TOOMANYREQUESTS" | "CONNECTION_FAILED" | "RESPONSE_MALFORMED" | "DENIED";
    }
  | { readonly kind: "ignore-range" };

const part = fc.integer({ min: 1_000, max: 700_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true });
const manner: fc.Arbitrary<Manner> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant("whole" as const), part }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("cut" as const), share, part }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("stall" as const), share }) },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant("refuse" as const),
      code: fc.constantFrom("REGISTRY_FAILED" as const, "TOOMANYREQUESTS" as const, "CONNECTION_FAILED" as const, "DENIED" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "ignore-range" as const }) },
);

/** A source that answers each request in the next manner, and well once they are used up. */
function sourceWith(manners: readonly Manner[], onRequest: () => void): Repository {
  let requests = 0;
  return {
    registry: "https://source.test",
    async readBlob(_: unknown, range: ByteRange, { signal }: CallOptions = {}): Promise<BlobRead> {
      signal?.throwIfAborted();
      onRequest();
      const how = manners[requests++] ?? { kind: "whole", part: 300_000 };
      if (how.kind === "refuse") throw new TransshipError(how.code, { what: "reading", why: "by script" });
      const { start, end } = how.kind === "ignore-range" ? { start: 0, end: SIZE } : range;
      return { start, end, totalSize: SIZE, bytes: answer(how, start, end, signal) };
    },
  } as unknown as Repository;
}

async function* answer(how: Manner, start: number, end: number, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const reach = "share" in how ? start + Math.floor((end - start) * how.share) : end;
  const step = "part" in how ? how.part : 200_000;
  for (let at = start; at < reach; at += step) {
    await new Promise((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    yield BYTES.subarray(at, Math.min(at + step, reach));
  }
  if (how.kind === "stall") await new Promise((resolve) => setTimeout(resolve, 20));
  signal?.throwIfAborted();
  if (reach < end || how.kind === "stall") throw new TransshipError("TIMED_OUT", { what: "reading", why: "by script" });
}

describe("filling a spool by ranges", { timeout: 60_000 }, () => {
  it("ends with the right bytes or a clear failure, gives every lane back, and goes on from what came", async () => {
    let failures = 0;
    let stops = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(manner, { maxLength: 25 }),
        fc.integer({ min: 1, max: 12 }),
        fc.option(fc.integer({ min: 1, max: 15 }), { nil: undefined }),
        async (manners, laneCount, stopAt) => {
          const path = join(directory, String(Math.random()));
          const spool = await Spool.open(path, BLOB, new InMemoryJournal());
          const lanes = new Lanes(() => 1, settledLanes({ lanes: laneCount, rate: 1 }));
          const stop = new AbortController();
          let requests = 0;
          const source = sourceWith(manners, () => {
            requests += 1;
            if (requests === stopAt) stop.abort(new Error("stopped"));
          });
          const account = new BlobAccount(BLOB, new Tally(undefined));
          for (let attempt = 1; spool.missing().length > 0; attempt++) {
            expect(attempt).toBeLessThan(12);
            const before = covered(spool);
            const signal = attempt === 1 ? stop.signal : new AbortController().signal;
            try {
              await fillSegmented(source, lanes, account)(spool, signal);
            } catch (error) {
              if (stop.signal.aborted && attempt === 1) {
                expect(error).toBe(stop.signal.reason);
                stops += 1;
              } else {
                expect(error).toBeInstanceOf(TransshipError);
                failures += 1;
              }
            }
            expect(lanes.busy).toBe(0);
            expect(covered(spool)).toBeGreaterThanOrEqual(before);
          }
          expect(await contentOf(spool)).toBe(BLOB.digest);
          await spool.close(false);
        },
      ),
      { numRuns: process.env.TRANSSHIP_LONG === "1" ? 1_000 : 40, endOnFailure: true },
    );
    expect(failures).toBeGreaterThan(0);
    expect(stops).toBeGreaterThan(0);
  });
});

function covered(spool: Spool): number {
  return SIZE - spool.missing().reduce((sum, gap) => sum + gap.end - gap.start, 0);
}

async function contentOf(spool: Spool): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const bytes of spool.read(0, SIZE)) parts.push(bytes);
  return digestOf(Buffer.concat(parts));
}
