import type { UploadWay } from "@transship/model";

const KIB = 1024;
const MIB = 1024 * KIB;

/** Blobs up to this size are held in memory and may go in one request: sent for nothing, they cost less than a round trip. */
export const SMALL_BYTES = 64 * KIB;
/** Bytes that one request of a chunked upload carries where nothing else is known: large enough that the request costs nothing beside them. */
const CHUNK_BYTES = 16 * MIB;
/** A registry whose limit is below this is not asked for less: it could not hold layers in any way worth the name. */
const LEAST_BODY_BYTES = SMALL_BYTES;

/**
 * What a registry has shown of the ways in which it takes a blob. Nothing of it is configured: it begins with {@link UNTRIED} and is corrected by what the registry
 * answers.
 */
export interface UploadProfile {
  /** Whether the whole blob may come in the POST (OCI distribution-spec 1.1, end-4b). */
  readonly singlePost: "untried" | "taken" | "ignored";
  /** PATCHes that make one blob. ECR private keeps the body of the first alone; GHCR and Artifact Registry refuse them. */
  readonly patches: "many" | "one" | "none";
  /** Whether the whole blob may come in the PUT that ends the upload; old Artifactory refuses that. */
  readonly wholePut: boolean;
  /** Least bytes of a chunk that is not the last (`OCI-Chunk-Min-Length`), 0 where none were named. */
  readonly minChunkBytes: number;
  /** Most bytes of one request, as far as 413s have shown. */
  readonly maxBodyBytes: number | undefined;
  /** Whether the offset of the status query (end-13) held when an upload went on from it. */
  readonly statusTrusted: boolean;
}

/** A registry that nothing is known of: what the spec wants of it. */
export const UNTRIED: UploadProfile = {
  singlePost: "untried",
  patches: "many",
  wholePut: true,
  minChunkBytes: 0,
  maxBodyBytes: undefined,
  statusTrusted: true,
};

/** Something that a registry's answer showed. */
export type Lesson =
  | { readonly kind: "single-post"; readonly taken: boolean }
  | { readonly kind: "least-chunk"; readonly bytes: number }
  /** A request with so many bytes got 413. */
  | { readonly kind: "body-too-large"; readonly bytes: number }
  | { readonly kind: "patch-refused" }
  | { readonly kind: "later-patches-lost" }
  | { readonly kind: "whole-put-refused" }
  | { readonly kind: "status-lied" };

/** The profile with a lesson in it; the same object where it says nothing new. */
export function learn(profile: UploadProfile, lesson: Lesson): UploadProfile {
  const next = { ...profile, ...change(profile, lesson) };
  return areSame(profile, next) ? profile : next;
}

function areSame(a: UploadProfile, b: UploadProfile): boolean {
  return Object.entries(a).every(([name, value]) => b[name as keyof UploadProfile] === value);
}

/** Whether an upload that was opened goes on in the same way by both profiles: it does not matter to it whether a POST may carry a blob. */
export function goAlike(a: UploadProfile, b: UploadProfile): boolean {
  return areSame(a, { ...b, singlePost: a.singlePost });
}

function change(profile: UploadProfile, lesson: Lesson): Partial<UploadProfile> {
  switch (lesson.kind) {
    case "single-post":
      return { singlePost: lesson.taken ? "taken" : "ignored" };
    case "least-chunk":
      return { minChunkBytes: lesson.bytes };
    case "body-too-large":
      return { maxBodyBytes: smaller(profile.maxBodyBytes, lesson.bytes) };
    case "patch-refused":
      return { patches: "none" };
    case "later-patches-lost":
      return { patches: profile.patches === "many" ? "one" : profile.patches };
    case "whole-put-refused":
      return { wholePut: false };
    case "status-lied":
      return { statusTrusted: false };
  }
}

/** The next bound to try: a power of two below what was refused, since limits are written as such. It only ever shrinks, and not for ever. */
function smaller(known: number | undefined, refused: number): number | undefined {
  if (refused <= LEAST_BODY_BYTES) return known;
  const half = Math.max(LEAST_BODY_BYTES, Math.min(CHUNK_BYTES, 2 ** Math.ceil(Math.log2(refused) - 1)));
  return known === undefined ? half : Math.min(known, half);
}

/** Bytes of one chunk: undefined where the registry's least is above its most. */
export function chunkBytes(profile: UploadProfile): number | undefined {
  const most = profile.maxBodyBytes ?? Number.POSITIVE_INFINITY;
  if (profile.minChunkBytes > most) return undefined;
  return Math.max(profile.minChunkBytes, Math.min(CHUNK_BYTES, most));
}

/**
 * How a blob is sent whose bytes are on disk, so that a chunk can be sent again: in chunks, which survive a cut line, where the registry makes one blob of them.
 */
export function wayFromDisk(profile: UploadProfile): Exclude<UploadWay, "single-post"> {
  if (profile.patches === "many" && chunkBytes(profile) !== undefined) return "chunked";
  return wayAtOnce(profile);
}

/** How the bytes of a blob are sent in one request. */
export function wayAtOnce(profile: UploadProfile): "monolithic" | "patch-then-put" {
  return profile.wholePut || profile.patches === "none" ? "monolithic" : "patch-then-put";
}

/** Whether a blob may go in one request. Where not, its bytes have to be on disk, since a chunk that is refused is sent again. */
export function fitsOneRequest(profile: UploadProfile, size: number): boolean {
  return profile.maxBodyBytes === undefined || size <= profile.maxBodyBytes;
}
