import { blobSumsFromMessages, type wire } from "@transship/api";
import { RUNGS, type Rung, retriesOf } from "@transship/model";

/** Blobs by rung as JSON has them: how many reached the target that way, and their bytes. */
export type BlobsDocument = Readonly<Record<Rung, { readonly count: number; readonly bytes: number }>>;

/** Blobs of all attempts that ended, and the requests for blobs that had to be repeated. */
export interface BlobSumsDocument {
  readonly blobs: BlobsDocument;
  readonly retries: number;
}

/** Sums of the wire as JSON. */
export function blobSumsDocument(messages: readonly wire.RungSum[]): BlobSumsDocument {
  const sums = blobSumsFromMessages(messages);
  const blobs = Object.fromEntries(RUNGS.map((rung) => [rung, { count: sums[rung].count, bytes: sums[rung].bytes }]));
  return { blobs: blobs as unknown as BlobsDocument, retries: retriesOf(sums) };
}

/** Several sums as one. */
export function addBlobSumsDocuments(parts: readonly BlobSumsDocument[]): BlobSumsDocument {
  const sum = (pick: (part: BlobSumsDocument) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const entries = RUNGS.map((rung) => [
    rung,
    { count: sum((part) => part.blobs[rung].count), bytes: sum((part) => part.blobs[rung].bytes) },
  ]);
  return { blobs: Object.fromEntries(entries) as unknown as BlobsDocument, retries: sum((part) => part.retries) };
}

/** Those rungs that blobs came by, for people. */
export function rungsUsed(blobs: BlobsDocument): Partial<BlobsDocument> {
  return Object.fromEntries(Object.entries(blobs).filter(([, { count }]) => count > 0));
}
