import type { BlobReport, Rung, UploadWay, Way } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobReportsFromMessages, blobReportToMessage } from "./blob-report-mapping.ts";
import { BlobReport as BlobReportMessage } from "./gen/transship/v1/task.ts";

const RUNGS: readonly Rung[] = ["existing", "mounted", "joined", "resumed", "copied"];
const WAYS: readonly (Way | undefined)[] = [undefined, "stream", "spooled", "segmented"];

const UPLOADS: readonly (UploadWay | undefined)[] = [undefined, "single-post", "monolithic", "patch-then-put", "chunked"];

const int32 = fc.nat();
const int64 = fc.nat(Number.MAX_SAFE_INTEGER);
const report: fc.Arbitrary<BlobReport> = fc.record({
  digest: fc.string(),
  size: int64,
  rung: fc.constantFrom(...RUNGS),
  way: fc.constantFrom(...WAYS),
  upload: fc.constantFrom(...UPLOADS),
  ranges: int32,
  retries: int32,
  copied: int64,
  resumed: int64,
  wasted: int64,
  milliseconds: int64,
});

describe("blob reports", () => {
  it("arrive over the wire as they were", () => {
    fc.assert(
      fc.property(report, (sent) => {
        const bytes = BlobReportMessage.encode(blobReportToMessage(sent)).finish();
        expect(blobReportsFromMessages([BlobReportMessage.decode(bytes)])).toEqual([sent]);
      }),
    );
  });

  it("of a newer peer: an unknown rung leaves the report out, an unknown way only the way", () => {
    const [known] = fc.sample(report, 1).map((sent) => blobReportToMessage({ ...sent, way: "stream" }));
    if (known === undefined) throw new Error("no sample");
    const newer = [
      { ...known, rung: 99 as never },
      { ...known, way: 99 as never },
    ];
    const read = blobReportsFromMessages(newer);
    expect(read).toMatchObject([{ digest: known.digest, size: known.size, way: undefined }]);
  });
});
