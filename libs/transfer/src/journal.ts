import type { UploadProfile } from "./upload/upload-profile.ts";

/** A blob in a repository of a registry: what an upload belongs to. */
export interface BlobPlace {
  /** Origin of the registry, e.g. `https://registry.example`. */
  readonly registry: string;
  readonly repository: string;
  readonly digest: string;
}

/** A piece of a blob that is on disk in the spool: bytes from `start` up to, not including, `end`. */
export interface SpooledPiece {
  readonly start: number;
  readonly end: number;
  /** CRC-32 of the bytes, checked when the spool is opened again: a file system may have lost what was written before a power cut. */
  readonly crc32: number;
}

/** An upload as the registry last acknowledged it. */
export interface UploadCheckpoint {
  /** The registry's newest `Location`. */
  readonly location: string;
  /** Bytes that it acknowledged. */
  readonly offset: number;
}

/** What a registry has shown of the ways in which it takes blobs. */
export interface RememberedProfile {
  readonly profile: UploadProfile;
  /** Milliseconds since the epoch, of the newest lesson. */
  readonly learnedAt: number;
}

/** What was learned of the way to a registry. */
export interface PathKnowledge {
  /** Round trip time in milliseconds. */
  readonly rttMs: number;
  /** When that was measured, in milliseconds since the epoch. */
  readonly measuredAt: number;
  /** Throughput of a single stream in bytes a second, where one was seen. */
  readonly streamRate: number | undefined;
  /** The number of ranges in flight that was found best, and their throughput together in bytes a second. */
  readonly lanes: { readonly lanes: number; readonly rate: number } | undefined;
}

/**
 * What an agent knows to be safely done: its memory across `kill -9`. Losing it loses time, never correctness: whatever it says is checked before it is
 * believed. Synchronous, since every adapter is local. Implementations: in memory (below, for short-lived copies) and SQLite (`@transship/checkpoint`);
 * both pass `journalConformance`.
 */
export interface Journal {
  /** Pieces of a blob in the spool, by start. */
  pieces(digest: string): readonly SpooledPiece[];
  /** Records a piece; call after its bytes are written. Replaces a piece with the same start. */
  addPiece(digest: string, piece: SpooledPiece): void;
  /** Forgets all pieces of a blob. */
  dropPieces(digest: string): void;
  /** Digests with pieces, for clearing the spool at start. */
  spooledDigests(): readonly string[];

  upload(place: BlobPlace): UploadCheckpoint | undefined;
  saveUpload(place: BlobPlace, checkpoint: UploadCheckpoint): void;
  dropUpload(place: BlobPlace): void;

  /** The profile of a registry, by its origin. */
  uploadProfile(registry: string): RememberedProfile | undefined;
  saveUploadProfile(registry: string, remembered: RememberedProfile): void;

  /** Repositories of a registry in which the blob was last seen, newest first; at most a handful. */
  repositoriesWith(registry: string, digest: string): readonly string[];
  /** Remembers that a repository has a blob. */
  sawBlob(place: BlobPlace): void;
  /** Corrects the memory: the repository said that it does not have the blob. */
  missedBlob(place: BlobPlace): void;

  /** What was learned of the way to a registry, however long ago. */
  path(registry: string): PathKnowledge | undefined;
  savePath(registry: string, knowledge: PathKnowledge): void;
}
