import type { BlobPlace, Journal, PathKnowledge, RememberedProfile, SpooledPiece, UploadCheckpoint } from "./journal.ts";

/** Repositories that {@link InMemoryJournal.repositoriesWith} names at most. */
const MOST_REPOSITORIES = 8;

/** A journal that ends with the process: for short copies and tests. */
export class InMemoryJournal implements Journal {
  readonly #pieces = new Map<string, Map<number, SpooledPiece>>();
  readonly #uploads = new Map<string, UploadCheckpoint>();
  readonly #profiles = new Map<string, RememberedProfile>();
  /** Repositories by registry and digest, newest last. */
  readonly #sightings = new Map<string, Set<string>>();
  readonly #paths = new Map<string, PathKnowledge>();

  pieces(digest: string): readonly SpooledPiece[] {
    return [...(this.#pieces.get(digest)?.values() ?? [])].sort((a, b) => a.start - b.start);
  }

  addPiece(digest: string, piece: SpooledPiece): void {
    const known = this.#pieces.get(digest) ?? new Map<number, SpooledPiece>();
    known.set(piece.start, { ...piece });
    this.#pieces.set(digest, known);
  }

  dropPieces(digest: string): void {
    this.#pieces.delete(digest);
  }

  spooledDigests(): readonly string[] {
    return [...this.#pieces.keys()].sort();
  }

  upload(place: BlobPlace): UploadCheckpoint | undefined {
    return this.#uploads.get(placeKey(place));
  }

  saveUpload(place: BlobPlace, checkpoint: UploadCheckpoint): void {
    this.#uploads.set(placeKey(place), { ...checkpoint });
  }

  dropUpload(place: BlobPlace): void {
    this.#uploads.delete(placeKey(place));
  }

  uploadProfile(registry: string): RememberedProfile | undefined {
    return this.#profiles.get(registry);
  }

  saveUploadProfile(registry: string, remembered: RememberedProfile): void {
    this.#profiles.set(registry, remembered);
  }

  repositoriesWith(registry: string, digest: string): readonly string[] {
    return [...(this.#sightings.get(blobKey(registry, digest)) ?? [])].reverse().slice(0, MOST_REPOSITORIES);
  }

  sawBlob(place: BlobPlace): void {
    const key = blobKey(place.registry, place.digest);
    const known = this.#sightings.get(key) ?? new Set<string>();
    known.delete(place.repository);
    known.add(place.repository);
    this.#sightings.set(key, known);
  }

  missedBlob(place: BlobPlace): void {
    this.#sightings.get(blobKey(place.registry, place.digest))?.delete(place.repository);
  }

  path(registry: string): PathKnowledge | undefined {
    return this.#paths.get(registry);
  }

  savePath(registry: string, knowledge: PathKnowledge): void {
    this.#paths.set(registry, { ...knowledge });
  }
}

function placeKey(place: BlobPlace): string {
  return JSON.stringify([place.registry, place.repository, place.digest]);
}

function blobKey(registry: string, digest: string): string {
  return JSON.stringify([registry, digest]);
}
