import type { TransshipError } from "@transship/errors";
import type { BlobReport } from "@transship/model";
import type { BlobPlace } from "./journal.ts";

/** A step that failed and is tried again. */
export interface Retry {
  /** What it failed with, side included. */
  readonly error: TransshipError;
  /** Milliseconds until the next try. */
  readonly waitMs: number;
}

/**
 * What a copy did, a step each, for logs.
 * - `read`: the manifests are read; so many blobs with so many bytes belong to them.
 * - `blob`: a blob is at the target, or its copy ended without that.
 * - `retry`: a step is tried again soon.
 * - `wrong-guess`: a sibling that might have had a blob said that it has not.
 * - `sibling-left`: a sibling that a blob was read from failed, sent nothing, or too little; the source goes on.
 * - `tag`: the target's tag was moved to the digest and read back.
 */
export type CopyStep =
  | { readonly kind: "read"; readonly manifests: number; readonly blobs: number; readonly bytes: number }
  | { readonly kind: "blob"; readonly report: BlobReport }
  | ({ readonly kind: "retry" } & Retry)
  | { readonly kind: "wrong-guess"; readonly sibling: string; readonly place: BlobPlace }
  | { readonly kind: "sibling-left"; readonly sibling: string; readonly place: BlobPlace; readonly why: string }
  | { readonly kind: "tag"; readonly tag: string; readonly digest: string };
