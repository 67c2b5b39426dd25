import { type ErrorCode, TransshipError } from "@transship/errors";
import type { Lesson } from "./upload-profile.ts";

/** The request of an upload that failed, and what went before it in the same session. */
export interface FailedRequest {
  /** `chunk`: PATCH. `whole-put`: PUT with all bytes. `close`: PUT without any. */
  readonly request: "chunk" | "whole-put" | "close";
  /** Bytes of the body, and its place in the blob. */
  readonly bytes: number;
  readonly start: number;
  /** Chunks that the session acknowledged. */
  readonly chunks: number;
  /** Whether the session's offset came from a status query, and whether a chunk was taken there since. */
  readonly resumed: "no" | "unconfirmed" | "confirmed";
  /** Whether the session before failed at the same point, with an answer. */
  readonly again: boolean;
}

/** Whether a failure is the registry's no to what it was sent; cut lines, pauses, its own failures and missing rights say nothing of how it takes blobs. */
export function isRefusal(error: unknown): error is TransshipError {
  return error instanceof TransshipError && REFUSALS.includes(error.code);
}

/** Answers that speak of the place or form of the bytes. */
const OUT_OF_PLACE: readonly ErrorCode[] = ["RANGE_INVALID", "SIZE_INVALID", "BLOB_UPLOAD_INVALID"];
/** Answers that speak of the stored bytes. */
const OTHER_BYTES: readonly ErrorCode[] = ["DIGEST_INVALID", "SIZE_INVALID"];

const REFUSALS: readonly ErrorCode[] = [...OUT_OF_PLACE, ...OTHER_BYTES, "UPLOAD_TOO_LARGE", "UNSUPPORTED", "BLOB_UPLOAD_UNKNOWN"];

/**
 * What a refused request shows of the registry, beyond what happens to any upload. Words that a registry also has for a session that it lost count only when they
 * come twice in a row. undefined: nothing; the upload is tried again in the same way.
 */
export function lessonOfFailure({ code }: TransshipError, failed: FailedRequest): Lesson | undefined {
  if (code === "UPLOAD_TOO_LARGE") return { kind: "body-too-large", bytes: failed.bytes };
  if (failed.request === "whole-put") {
    const refused = code === "UNSUPPORTED" || (failed.again && code === "BLOB_UPLOAD_INVALID");
    return refused ? { kind: "whole-put-refused" } : undefined;
  }
  if (failed.request === "close") return lessonOfClosing(code, failed);
  if (failed.resumed === "unconfirmed" && OUT_OF_PLACE.includes(code)) return { kind: "status-lied" };
  if (failed.start === 0) {
    // GHCR answers 416 to a first chunk above 4 MiB.
    const refused = code === "UNSUPPORTED" || code === "RANGE_INVALID" || (failed.again && isOutOfPlace(code));
    return refused ? { kind: "patch-refused" } : undefined;
  }
  return failed.again && (code === "UNSUPPORTED" || OUT_OF_PLACE.includes(code)) ? { kind: "later-patches-lost" } : undefined;
}

/** All chunks were acknowledged, and the registry does not have their bytes. */
function lessonOfClosing(code: ErrorCode, { resumed, chunks, again }: FailedRequest): Lesson | undefined {
  const lost = OTHER_BYTES.includes(code) || (again && code === "BLOB_UPLOAD_INVALID");
  if (!lost) return undefined;
  if (resumed !== "no") return { kind: "status-lied" };
  return chunks > 1 ? { kind: "later-patches-lost" } : undefined;
}

function isOutOfPlace(code: ErrorCode): boolean {
  return code === "BLOB_UPLOAD_UNKNOWN" || OUT_OF_PLACE.includes(code);
}
