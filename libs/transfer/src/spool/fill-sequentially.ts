import type { EventLoopUtilization } from "node:perf_hooks";
import type { ByteRange } from "@transship/oci";
import type { BlobAccount } from "../blob-account.ts";
import { readResiliently } from "../read-resiliently.ts";
import type { BlobSource } from "../sibling/sibling-source.ts";
import { PieceWriter } from "./piece-writer.ts";
import type { Filler, Spool } from "./spool.ts";

/** Told after each piece of a body how many bytes this fill has brought in how many milliseconds, and since which state of the process; by throwing it ends the fill. */
export type RateWatch = (bytes: number, milliseconds: number, before: EventLoopUtilization) => void;

/** Fills a spool from a source, gap by gap, one request after the other: for short paths, and for servers that do not serve ranges. */
export function fillSequentially(source: BlobSource, account: BlobAccount, watch?: RateWatch): Filler {
  return async (spool, signal) => {
    const startedAt = performance.now();
    const before = performance.eventLoopUtilization();
    let bytes = 0;
    const note = (length: number) => {
      bytes += length;
      watch?.(bytes, performance.now() - startedAt, before);
    };
    for (const gap of spool.missing()) await fillGap(spool, source, gap, account, note, signal);
  };
}

async function fillGap(
  spool: Spool,
  source: BlobSource,
  gap: ByteRange,
  account: BlobAccount,
  note: (length: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const writer = new PieceWriter(spool, gap.start);
  try {
    for await (const bytes of readResiliently(source, gap, account, signal)) {
      await writer.push(bytes);
      note(bytes.byteLength);
    }
  } finally {
    await writer.finish();
  }
}
