import { TransshipError } from "@transship/errors";
import type { Digest } from "@transship/oci";

/** A blob to bring over: what a manifest says of it. */
export interface Blob {
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
}

/** The error for bytes that are not what their digest says. */
export function digestMismatch(blob: Blob, found: Digest): TransshipError {
  return new TransshipError("DIGEST_MISMATCH", {
    what: `checking blob ${blob.digest}`,
    why: `the ${blob.size} bytes that the source sent have digest ${found}`,
    side: "source",
    digests: [blob.digest, found],
  });
}
