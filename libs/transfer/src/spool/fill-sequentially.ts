import type { ByteRange, Repository } from "@transship/oci";
import type { BlobAccount } from "../blob-account.ts";
import { readResiliently } from "../read-resiliently.ts";
import { PieceWriter } from "./piece-writer.ts";
import type { Filler, Spool } from "./spool.ts";

/** Fills a spool from a source, gap by gap, one request after the other: for short paths, and for servers that do not serve ranges. */
export function fillSequentially(source: Repository, account: BlobAccount): Filler {
  return async (spool, signal) => {
    for (const gap of spool.missing()) await fillGap(spool, source, gap, account, signal);
  };
}

async function fillGap(spool: Spool, source: Repository, gap: ByteRange, account: BlobAccount, signal: AbortSignal): Promise<void> {
  const writer = new PieceWriter(spool, gap.start);
  try {
    for await (const bytes of readResiliently(source, gap, account, signal)) await writer.push(bytes);
  } finally {
    await writer.finish();
  }
}
