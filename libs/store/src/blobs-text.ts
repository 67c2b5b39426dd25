import type { BlobReport } from "@transship/model";

/** Blob reports as stored. */
export function blobsText(blobs: readonly BlobReport[]): string {
  return JSON.stringify(blobs);
}

/** Stored blob reports. JSON drops an undefined way or sibling; here it is there again. */
export function blobsOf(text: string): BlobReport[] {
  return (JSON.parse(text) as BlobReport[]).map((report) => ({ ...report, way: report.way, from: report.from }));
}
