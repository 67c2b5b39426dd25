import { BLOB_STATES, type BlobReport, RUNGS, sumBlobs, type UploadWay, type Way } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { blobReportsFromMessages, blobReportToMessage, blobSumsFromMessages, blobSumsToMessages } from "./blob-report-mapping.ts";
import { BlobReport as BlobReportMessage, RungSum } from "./gen/transship/v1/task.ts";

const WAYS: readonly (Way | undefined)[] = [undefined, "stream", "spooled", "segmented"];

const UPLOADS: readonly (UploadWay | undefined)[] = [undefined, "single-post", "monolithic", "patch-then-put", "chunked"];

const int32 = fc.nat();
const int64 = fc.nat(Number.MAX_SAFE_INTEGER);
const report: fc.Arbitrary<BlobReport> = fc.record({
  digest: fc.string(),
  size: int64,
  state: fc.constantFrom(...BLOB_STATES),
  rung: fc.constantFrom(...RUNGS),
  way: fc.constantFrom(...WAYS),
  from: fc.constantFrom(undefined, "sh", "sg"),
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

  it("arrive as sums as they were, and of an older peer without a state as done", () => {
    const small = fc.array(report.map((one) => ({ ...one, size: one.size % 2 ** 32, retries: one.retries % 100 })));
    fc.assert(
      fc.property(small, (reports) => {
        const sent = sumBlobs(reports);
        const messages = blobSumsToMessages(sent).map((message) => RungSum.decode(RungSum.encode(message).finish()));
        expect(blobSumsFromMessages(messages)).toEqual(sent);
      }),
    );
    const [one] = fc.sample(report, 1).map(blobReportToMessage);
    expect(blobReportsFromMessages([{ ...BlobReportMessage.create(one), state: 0 }])[0]?.state).toBe("done");
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
