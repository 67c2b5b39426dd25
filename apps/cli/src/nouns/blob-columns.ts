import type { BlobDocument } from "../documents/task.ts";
import type { Column } from "../output/table.ts";
import { formatBytes, formatDuration } from "../quantities.ts";

const MIB = 1024 ** 2;
const SHORT_DIGEST = 12;

/** What `task describe` shows of each blob. */
export const BLOB_COLUMNS: readonly Column<BlobDocument>[] = [
  { title: "DIGEST", cell: (blob) => shortDigest(blob.digest) },
  { title: "SIZE", cell: (blob) => formatBytes(blob.size), align: "right" },
  { title: "STATE", cell: (blob) => blob.state },
  { title: "RUNG", cell: (blob) => blob.rung },
  { title: "WAY", cell: (blob) => blob.way ?? "" },
  { title: "FROM", cell: (blob) => blob.from ?? "" },
  { title: "RANGES", cell: (blob) => count(blob.ranges), align: "right" },
  { title: "MiB/s", cell: rate, align: "right" },
  { title: "RETRIES", cell: (blob) => count(blob.retries), align: "right" },
  { title: "RESUMED", cell: (blob) => bytes(blob.resumed), align: "right" },
  { title: "WASTED", cell: (blob) => bytes(blob.wasted), align: "right" },
  { title: "TIME", cell: (blob) => shortTime(blob.milliseconds), align: "right" },
];

/** `sha256:0123456789ab`: enough to tell the blobs of one artifact apart, and a prefix that can be searched for. */
function shortDigest(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 1 + SHORT_DIGEST);
}

/** Of the bytes that were fetched in this attempt, over all the time that the blob took. */
function rate({ copied, milliseconds }: BlobDocument): string {
  if (copied === 0) return "";
  const perSecond = copied / MIB / (Math.max(1, milliseconds) / 1000);
  return perSecond < 0.05 ? "<0.1" : perSecond.toFixed(1);
}

/** Empty for none, so that what is there stands out. */
function count(amount: number): string {
  return amount === 0 ? "" : String(amount);
}

function bytes(amount: number): string {
  return amount === 0 ? "" : formatBytes(amount);
}

/** Most blobs take less than a minute: below it, finer than whole seconds. */
function shortTime(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  return milliseconds < 60_000 ? `${(milliseconds / 1000).toFixed(1)}s` : formatDuration(milliseconds);
}
