import type { BlobAccount } from "../blob-account.ts";
import type { PathMemory } from "../path-memory.ts";
import { fillSegmented } from "../segmented/fill-segmented.ts";
import type { BlobSource } from "../sibling/sibling-source.ts";
import { fillSequentially, type RateWatch } from "./fill-sequentially.ts";
import type { Filler } from "./spool.ts";

/** A stream is judged after so many milliseconds: by then it is up to speed. */
const JUDGED_AFTER_MS = 1_200;

/** A single stream turned out not to fill the path. */
class SingleStreamTooSlow extends Error {}

/**
 * Fills a spool in the way that the path asks for: one request where one fills the path, else ranges side by side. A short path on which a single connection
 * turns out slow (some storage front ends hold each one back) is taken for a long one from there on.
 */
export function fillByPath(source: BlobSource, paths: PathMemory, account: BlobAccount): Filler {
  return async (spool, signal) => {
    if (paths.isShort(source.registry)) {
      const judge: RateWatch = (bytes, milliseconds, before) => {
        if (milliseconds < JUDGED_AFTER_MS) return;
        paths.streamed(source.registry, bytes, milliseconds, performance.eventLoopUtilization(before).idle);
        if (!paths.isShort(source.registry)) throw new SingleStreamTooSlow();
      };
      account.way = "spooled";
      try {
        return await fillSequentially(source, account, judge)(spool, signal);
      } catch (error) {
        if (!(error instanceof SingleStreamTooSlow)) throw error;
      }
    }
    account.way = "segmented";
    await fillSegmented(source, paths.lanes(source.registry), account)(spool, signal);
  };
}
