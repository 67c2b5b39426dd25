import { type ErrorCode, TransshipError } from "@transship/errors";

/**
 * What the end of a call says of the registry.
 * - `fine`: it answered, whatever it answered.
 * - `throttled`: it wants fewer requests.
 * - `down`: it could not be reached, did not answer in time, or failed by its own fault.
 * - `nothing`: the call ended for another reason.
 * - `unasked`: no request was sent after all.
 */
export type Verdict =
  | { readonly kind: "fine" | "nothing" | "unasked" }
  | { readonly kind: "throttled" | "down"; readonly error: TransshipError };

/** Codes that only an answer of the registry leads to. Others may come from this side of the wire. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DENIED",
  "DIGEST_INVALID",
  "DIGEST_MISMATCH",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_UNKNOWN",
  "NAME_UNKNOWN",
  "RANGE_INVALID",
  "RESPONSE_MALFORMED",
  "TAG_IMMUTABLE",
  "UNAUTHORIZED",
  "UNSUPPORTED",
  "UPLOAD_TOO_LARGE",
]);

/**
 * Judges a failed call. `sending`: whether a part of a body was on its way: a connection cut then is what happens on long paths, and no sign of a registry
 * that is down.
 */
export function judge(thrown: unknown, signal: AbortSignal | undefined, sending = false): Verdict {
  if (signal?.aborted === true || !(thrown instanceof TransshipError)) return { kind: "nothing" };
  switch (thrown.code) {
    case "TOOMANYREQUESTS":
      return { kind: "throttled", error: thrown };
    case "REGISTRY_FAILED":
    case "TIMED_OUT":
      return { kind: "down", error: thrown };
    case "CONNECTION_FAILED":
    case "PROXY_FAILED":
      return sending ? { kind: "nothing" } : { kind: "down", error: thrown };
    default:
      return { kind: ANSWERS.has(thrown.code) ? "fine" : "nothing" };
  }
}
