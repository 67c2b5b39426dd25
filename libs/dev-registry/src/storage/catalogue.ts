import { inspectManifest, type ManifestFacts } from "../manifest-facts.ts";
import type { StoredManifest } from "./storage.ts";

/** What is known of a manifest without reading it again. */
export interface ManifestRecord extends ManifestFacts {
  readonly digest: string;
  readonly mediaType: string;
  readonly size: number;
}

interface Repository {
  readonly blobs: Set<string>;
  readonly manifests: Map<string, ManifestRecord>;
  readonly tags: Map<string, string>;
}

/** The names of a registry, in memory: who holds which blob, which manifests and tags exist, who refers to whom. */
export class Catalogue {
  readonly #repositories = new Map<string, Repository>();
  /** Repositories that hold a digest, as blob or as manifest. */
  readonly #holders = new Map<string, Map<string, number>>();

  /** Repository names in byte order. */
  repositories(): string[] {
    return [...this.#repositories.keys()].sort(byBytes);
  }

  /** Tags in byte order, or undefined when the repository is unknown. */
  tags(repository: string): string[] | undefined {
    const found = this.#repositories.get(repository);
    return found === undefined ? undefined : [...found.tags.keys()].sort(byBytes);
  }

  tagDigest(repository: string, tag: string): string | undefined {
    return this.#repositories.get(repository)?.tags.get(tag);
  }

  tagsOf(repository: string, digest: string): string[] {
    const tags = this.#repositories.get(repository)?.tags ?? new Map<string, string>();
    return [...tags].filter(([, named]) => named === digest).map(([tag]) => tag);
  }

  manifest(repository: string, digest: string): ManifestRecord | undefined {
    return this.#repositories.get(repository)?.manifests.get(digest);
  }

  manifests(repository: string): ManifestRecord[] {
    return [...(this.#repositories.get(repository)?.manifests.values() ?? [])];
  }

  /** Manifests of the repository whose `subject` is the digest, in the order of their arrival. */
  referrers(repository: string, subject: string): ManifestRecord[] {
    return this.manifests(repository).filter((record) => record.subject === subject);
  }

  hasBlob(repository: string, digest: string): boolean {
    return this.#repositories.get(repository)?.blobs.has(digest) ?? false;
  }

  /** Digests of the repository's blobs, in the order of their arrival. */
  blobs(repository: string): string[] {
    return [...(this.#repositories.get(repository)?.blobs ?? [])];
  }

  /** Whether any repository holds the digest. */
  isHeld(digest: string): boolean {
    return this.#holders.has(digest);
  }

  /** Whether any repository holds the digest as a blob (and not only as a manifest). */
  isBlobAnywhere(digest: string): boolean {
    return [...(this.#holders.get(digest)?.keys() ?? [])].some((name) => this.hasBlob(name, digest));
  }

  addBlob(repository: string, digest: string): void {
    const blobs = this.#open(repository).blobs;
    if (blobs.has(digest)) return;
    blobs.add(digest);
    this.#hold(repository, digest);
  }

  removeBlob(repository: string, digest: string): boolean {
    if (!this.#repositories.get(repository)?.blobs.delete(digest)) return false;
    this.#release(repository, digest);
    return true;
  }

  addManifest(repository: string, digest: string, manifest: StoredManifest): void {
    const { manifests } = this.#open(repository);
    if (!manifests.has(digest)) this.#hold(repository, digest);
    const facts = inspectManifest(manifest.bytes);
    manifests.set(digest, { ...facts, digest, mediaType: manifest.mediaType, size: manifest.bytes.length });
  }

  removeManifest(repository: string, digest: string): boolean {
    const found = this.#repositories.get(repository);
    if (!found?.manifests.delete(digest)) return false;
    for (const tag of this.tagsOf(repository, digest)) found.tags.delete(tag);
    this.#release(repository, digest);
    return true;
  }

  setTag(repository: string, tag: string, digest: string): void {
    this.#open(repository).tags.set(tag, digest);
  }

  removeTag(repository: string, tag: string): boolean {
    return this.#repositories.get(repository)?.tags.delete(tag) ?? false;
  }

  #open(repository: string): Repository {
    let found = this.#repositories.get(repository);
    if (found === undefined) {
      found = { blobs: new Set(), manifests: new Map(), tags: new Map() };
      this.#repositories.set(repository, found);
    }
    return found;
  }

  // A digest may be both a blob and a manifest of one repository, hence a count per holder.
  #hold(repository: string, digest: string): void {
    const holders = this.#holders.get(digest) ?? new Map<string, number>();
    holders.set(repository, (holders.get(repository) ?? 0) + 1);
    this.#holders.set(digest, holders);
  }

  #release(repository: string, digest: string): void {
    const holders = this.#holders.get(digest);
    const count = (holders?.get(repository) ?? 0) - 1;
    if (count > 0) holders?.set(repository, count);
    else holders?.delete(repository);
    if (holders?.size === 0) this.#holders.delete(digest);
  }
}

/** Orders names as Go's `sort.Strings` does; names and tags are ASCII. */
function byBytes(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
