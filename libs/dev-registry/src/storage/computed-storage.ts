import { digestOf } from "../digest.ts";
import { inspectManifest } from "../manifest-facts.ts";
import { MEDIA_TYPES } from "../seed/descriptor.ts";
import { Catalogue, type ManifestRecord } from "./catalogue.ts";
import { MemoryStorage } from "./memory-storage.ts";
import type { StoredManifest } from "./storage.ts";

/** A catalogue of equal repositories to invent. */
export interface CatalogueRecipe {
  readonly repositories: number;
  /** Tags of each repository. */
  readonly tags: number;
  /** First part of the repositories' names: `<prefix>/r000042`. */
  readonly prefix: string;
}

const CONFIG = Buffer.from('{"os":"linux","architecture":"amd64"}');
const LAYER = Buffer.from("the layer that all images share");

/**
 * A registry of many small images that are computed when they are asked for, so that a million tags take no memory. All share one config and one layer; an annotation
 * makes each manifest its own. What is pushed in addition is kept in memory as usual.
 */
export class ComputedStorage extends MemoryStorage {
  override readonly catalogue: ComputedCatalogue;

  constructor(recipe: CatalogueRecipe) {
    super();
    this.catalogue = new ComputedCatalogue(recipe);
  }

  override contentSize(digest: string): number | undefined {
    return shared(digest)?.length ?? super.contentSize(digest);
  }

  override readContent(digest: string, start: number, end: number): Iterable<Uint8Array> {
    const content = shared(digest);
    return content === undefined ? super.readContent(digest, start, end) : [content.subarray(start, end + 1)];
  }

  override async readManifest(repository: string, digest: string): Promise<StoredManifest | undefined> {
    return this.catalogue.computed(repository, digest) ?? (await super.readManifest(repository, digest));
  }
}

/** The names of a computed registry. */
class ComputedCatalogue extends Catalogue {
  readonly #recipe: CatalogueRecipe;
  readonly #names: readonly string[];
  readonly #tags: readonly string[];

  constructor(recipe: CatalogueRecipe) {
    super();
    this.#recipe = recipe;
    // Digits are padded, so that this is the byte order.
    this.#names = Array.from({ length: recipe.repositories }, (_, index) => `${recipe.prefix}/r${String(index).padStart(6, "0")}`);
    this.#tags = Array.from({ length: recipe.tags }, (_, index) => `v1.${index}.0`).sort();
  }

  override repositories(): string[] {
    return [...this.#names, ...super.repositories()];
  }

  override tags(repository: string): string[] | undefined {
    return this.#has(repository) ? [...this.#tags] : super.tags(repository);
  }

  override tagDigest(repository: string, tag: string): string | undefined {
    return this.#has(repository) && this.#tags.includes(tag) ? digestOf(manifestOf(repository, tag)) : super.tagDigest(repository, tag);
  }

  override manifest(repository: string, digest: string): ManifestRecord | undefined {
    const computed = this.computed(repository, digest);
    if (computed === undefined) return super.manifest(repository, digest);
    return { ...inspectManifest(computed.bytes), digest, mediaType: computed.mediaType, size: computed.bytes.length };
  }

  override hasBlob(repository: string, digest: string): boolean {
    return (this.#has(repository) && shared(digest) !== undefined) || super.hasBlob(repository, digest);
  }

  /** A manifest of the recipe by its digest. */
  computed(repository: string, digest: string): StoredManifest | undefined {
    if (!this.#has(repository)) return undefined;
    const bytes = this.#tags.map((tag) => manifestOf(repository, tag)).find((one) => digestOf(one) === digest);
    return bytes && { mediaType: MEDIA_TYPES.manifest, bytes };
  }

  #has(repository: string): boolean {
    const { prefix, repositories } = this.#recipe;
    return repository.startsWith(`${prefix}/r`) && Number(repository.slice(prefix.length + 2)) < repositories;
  }
}

function shared(digest: string): Buffer | undefined {
  return digest === CONFIG_DIGEST ? CONFIG : digest === LAYER_DIGEST ? LAYER : undefined;
}

const CONFIG_DIGEST = digestOf(CONFIG);
const LAYER_DIGEST = digestOf(LAYER);

function manifestOf(repository: string, tag: string): Buffer {
  return Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA_TYPES.manifest,
      config: { mediaType: MEDIA_TYPES.config, digest: CONFIG_DIGEST, size: CONFIG.length },
      layers: [{ mediaType: MEDIA_TYPES.layer, digest: LAYER_DIGEST, size: LAYER.length }],
      annotations: { name: `${repository}:${tag}` },
    }),
  );
}
