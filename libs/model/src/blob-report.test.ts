import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { addBlobSums, type BlobReport, largestBlobs, MOST_BLOB_REPORTS, NO_BLOBS, RUNGS, retriesOf, sumBlobs } from "./blob-report.ts";

const reportOf = (size: number, index: number): BlobReport => ({
  digest: `sha256:${index}`,
  size,
  state: "done",
  rung: "existing",
  way: undefined,
  from: undefined,
  ranges: 0,
  retries: 0,
  copied: 0,
  resumed: 0,
  wasted: 0,
  milliseconds: 1,
});

describe("largestBlobs", () => {
  it("keeps no more than the bound, none smaller than one that it leaves out, in the order given", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(50), { maxLength: MOST_BLOB_REPORTS + 100, size: "max" }), (sizes) => {
        const reports = sizes.map(reportOf);
        const kept = largestBlobs(reports);
        expect(kept).toHaveLength(Math.min(reports.length, MOST_BLOB_REPORTS));
        const chosen = new Set(kept);
        expect(kept).toEqual(reports.filter((report) => chosen.has(report)));
        const smallest = Math.min(...kept.map(({ size }) => size));
        for (const report of reports) if (!chosen.has(report)) expect(report.size).toBeLessThanOrEqual(smallest);
      }),
      { numRuns: 50 },
    );
  });

  it("keeps blobs that are not done, however small", () => {
    const reports = Array.from({ length: MOST_BLOB_REPORTS + 9 }, (_, index) => reportOf(1000, index));
    const unlucky = [
      { ...reportOf(1, -1), state: "failed" as const },
      { ...reportOf(0, -2), state: "under-way" as const },
    ];
    const kept = largestBlobs([...reports, ...unlucky]);
    expect(kept).toHaveLength(MOST_BLOB_REPORTS);
    expect(kept.slice(-2)).toEqual(unlucky);
  });
});

describe("sums of blobs", () => {
  const any = fc.record({ rung: fc.constantFrom(...RUNGS), size: fc.nat(), retries: fc.nat(9), done: fc.boolean() });
  const reports = fc
    .array(any)
    .map((rows) =>
      rows.map(({ done, ...row }, index) => ({ ...reportOf(0, index), ...row, state: done ? ("done" as const) : ("failed" as const) })),
    );

  it("count what arrived and every retry, and add up part by part as a whole", () => {
    fc.assert(
      fc.property(reports, reports, (first, second) => {
        const sums = addBlobSums(sumBlobs(first), sumBlobs(second));
        expect(sums).toEqual(sumBlobs([...first, ...second]));
        const all = [...first, ...second];
        expect(RUNGS.reduce((total, rung) => total + sums[rung].count, 0)).toBe(all.filter(({ state }) => state === "done").length);
        expect(retriesOf(sums)).toBe(all.reduce((total, { retries }) => total + retries, 0));
      }),
    );
    expect(sumBlobs([])).toEqual(NO_BLOBS);
  });
});
