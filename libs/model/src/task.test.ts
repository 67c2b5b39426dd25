import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type BlobReport, largestBlobs, MOST_BLOB_REPORTS } from "./task.ts";

const reportOf = (size: number, index: number): BlobReport => ({
  digest: `sha256:${index}`,
  size,
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
});
