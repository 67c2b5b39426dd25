import { type BlobReport, type BlobSums, NO_BLOBS, type RungSum, sumsOf } from "@transship/model";

/** Blob reports as stored. */
export function blobsText(blobs: readonly BlobReport[]): string {
  return JSON.stringify(blobs);
}

/** Stored blob reports. JSON drops an undefined way or sibling; here it is there again. Reports of the first versions, which kept only what was done, have no state. */
export function blobsOf(text: string): BlobReport[] {
  return (JSON.parse(text) as BlobReport[]).map((report) => ({
    ...report,
    state: report.state ?? "done",
    way: report.way,
    from: report.from,
  }));
}

/** Sums as stored. */
export function blobSumsText(sums: BlobSums): string {
  return JSON.stringify(sums);
}

/** Stored sums; a rung that they do not know has none. */
export function blobSumsOf(text: string): BlobSums {
  const stored = JSON.parse(text) as Partial<Record<string, RungSum>>;
  return sumsOf((rung) => stored[rung] ?? NO_BLOBS[rung]);
}
