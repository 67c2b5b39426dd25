import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Checkpoint, openCheckpoint } from "./checkpoint.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "outbox-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

type Step =
  | { readonly do: "add"; readonly bytes: Uint8Array }
  | { readonly do: "acknowledge"; readonly back: number }
  | { readonly do: "restart" };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("add" as const), bytes: fc.uint8Array({ maxLength: 20 }) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("acknowledge" as const), back: fc.integer({ min: -2, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restart" as const) }) },
);

describe("the outbox", () => {
  it("keeps every report in order until it is acknowledged, and never gives a sequence twice", () => {
    let run = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        run += 1;
        const path = join(directory, `${run}.db`);
        let checkpoint: Checkpoint = openCheckpoint({ path });
        let expected: { sequence: number; report: string }[] = [];
        let highest = 0;
        for (const one of steps) {
          if (one.do === "add") {
            const sequence = checkpoint.outbox.add(one.bytes);
            expect(sequence).toBeGreaterThan(highest);
            highest = sequence;
            expected.push({ sequence, report: Buffer.from(one.bytes).toString("hex") });
          } else if (one.do === "acknowledge") {
            // Also beyond the newest and again below the oldest, as a confused peer might.
            const sequence = highest - one.back;
            if (highest > 0) checkpoint.outbox.acknowledge(sequence);
            if (highest > 0) expected = expected.filter((report) => report.sequence > sequence);
          } else {
            checkpoint[Symbol.dispose]();
            checkpoint = openCheckpoint({ path });
          }
          const pending = checkpoint.outbox.pending(0, 1000);
          expect(pending.map(({ sequence, report }) => ({ sequence, report: Buffer.from(report).toString("hex") }))).toEqual(expected);
          expect(checkpoint.outbox.isEmpty).toBe(expected.length === 0);
        }
        checkpoint[Symbol.dispose]();
      }),
      { numRuns: 30 },
    );
  });

  it("tells the leases of its reports without the reports, and those that an earlier version left without one", () => {
    const path = join(directory, "leases.db");
    {
      using before = openCheckpoint({ path });
      before.outbox.add(Buffer.of(1), { taskId: "a", epoch: 3 });
      before.outbox.add(Buffer.of(2));
      before.outbox.add(Buffer.of(3), { taskId: "b", epoch: 1 });
    }
    using checkpoint = openCheckpoint({ path });
    const { outbox } = checkpoint;
    expect(outbox.leases()).toEqual([
      { taskId: "a", epoch: 3 },
      { taskId: "b", epoch: 1 },
    ]);
    const [old, ...others] = outbox.withoutLease(0, 10);
    if (old === undefined) throw new Error("none without a lease");
    expect([[...old.report], others, outbox.withoutLease(old.sequence, 10)]).toEqual([[2], [], []]);
    expect([outbox.countUpTo(old.sequence - 2), outbox.countUpTo(old.sequence), outbox.countUpTo(Number.MAX_SAFE_INTEGER)]).toEqual([
      0, 2, 3,
    ]);
    outbox.setLease(old.sequence, { taskId: "c", epoch: 2 });
    expect(outbox.withoutLease(0, 10)).toEqual([]);
    outbox.acknowledge(old.sequence);
    expect(outbox.leases()).toEqual([{ taskId: "b", epoch: 1 }]);
  });

  it("pages through what is pending", () => {
    using checkpoint = openCheckpoint({ memory: true });
    const sequences = Array.from({ length: 5 }, (_, index) => checkpoint.outbox.add(Buffer.of(index)));
    expect(checkpoint.outbox.pending(0, 2).map((report) => report.sequence)).toEqual(sequences.slice(0, 2));
    expect(checkpoint.outbox.pending(sequences[1], 10).map((report) => report.sequence)).toEqual(sequences.slice(2));
  });

  it("goes on growing when the file was lost", async () => {
    const first = join(directory, "lost.db");
    const before = openCheckpoint({ path: first });
    let last = 0;
    for (let count = 0; count < 3; count += 1) last = before.outbox.add(Buffer.of(count));
    before[Symbol.dispose]();
    // Three reports in less than three milliseconds could tie; an agent that loses its file is never that fast.
    await new Promise((resolve) => setTimeout(resolve, 10));
    rmSync(first);
    using after = openCheckpoint({ path: first });
    expect(after.outbox.add(Buffer.of(0))).toBeGreaterThan(last);
  });
});
