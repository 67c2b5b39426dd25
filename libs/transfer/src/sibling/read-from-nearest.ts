import type { BlobAccount } from "../blob-account.ts";
import type { Journey } from "../journey.ts";
import { readResiliently } from "../read-resiliently.ts";
import { fillByPath } from "../spool/fill-by-path.ts";
import type { Filler } from "../spool/spool.ts";

/** All bytes of a blob in order: from its sibling where there is one, and from the source what that does not bring, from the byte on. */
export async function* readFromNearest(
  account: BlobAccount,
  { source, sibling }: Pick<Journey, "source" | "sibling">,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const end = account.blob.size;
  let start = 0;
  try {
    if (sibling?.usable === true) {
      for await (const bytes of readResiliently(sibling, { start, end }, account, signal)) {
        start += bytes.byteLength;
        yield bytes;
      }
    }
  } catch (error) {
    if (sibling?.usable === true) throw error;
  }
  if (start < end) yield* readResiliently(source, { start, end }, account, signal);
}

/** Fills a spool from a blob's sibling where there is one, and from the source with what that does not bring. */
export function fillFromNearest(account: BlobAccount, { source, sibling, paths }: Pick<Journey, "source" | "sibling" | "paths">): Filler {
  const fromSource = fillByPath(source, paths, account);
  if (sibling === undefined) return fromSource;
  const fromSibling = fillByPath(sibling, paths, account);
  return async (spool, signal) => {
    try {
      if (sibling.usable) return await fromSibling(spool, signal);
    } catch (error) {
      if (sibling.usable) throw error;
    }
    await fromSource(spool, signal);
  };
}
