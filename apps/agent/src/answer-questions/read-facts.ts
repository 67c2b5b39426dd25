import { TransshipError } from "@transship/errors";
import {
  type Descriptor,
  digestAlgorithm,
  digestOf,
  type Manifest,
  type ParsedManifest,
  parseManifest,
  type Repository,
} from "@transship/oci";
import { kindOf, type TagFacts } from "@transship/planner";
import { tryPatiently } from "@transship/transfer";

/** Configs are a few kilobytes; of one larger than this the time is not read. Bytes. */
const LARGEST_CONFIG = 1024 * 1024;
/** How deep indexes are followed for a time. */
const DEPTH = 3;
/** OCI image-spec 1.1, "Pre-Defined Annotation Keys". */
const CREATED = "org.opencontainers.image.created";
/** Times up to this one are constants that reproducible builds write (1970 by Bazel, Jib and ko, 1980 by Buildpacks), and tell nothing. */
const LATEST_CONSTANT = Date.UTC(1980, 0, 1, 0, 0, 1);

/** Reads what tags of a repository name. What several tags share is read once. */
export class FactsReader {
  readonly #repository: Repository;
  readonly #needs: { readonly kind: boolean; readonly time: boolean };
  readonly #times = new Map<string, Promise<number | undefined>>();

  constructor(repository: Repository, needs: { readonly kind: boolean; readonly time: boolean }) {
    this.#repository = repository;
    this.#needs = needs;
  }

  /** A tag with its digest, and with kind and time where they are needed: a HEAD, or else a GET of the manifest. Undefined where the tag is gone by now. */
  async read(tag: string, signal: AbortSignal): Promise<(TagFacts & { readonly digest: string }) | undefined> {
    if (!this.#needs.kind && !this.#needs.time) {
      const descriptor = await tryPatiently("source", signal, () => this.#repository.resolve(tag, { signal }));
      return descriptor && { tag, digest: descriptor.digest };
    }
    const manifest = await this.#manifest(tag, signal);
    if (manifest === undefined) return undefined;
    const parsed = parseLeniently(manifest);
    const createdAt = this.#needs.time && parsed !== undefined ? await this.#timeOnce(manifest, parsed, signal) : undefined;
    return { tag, digest: manifest.digest, kind: kindOfManifest(parsed), ...(createdAt === undefined ? {} : { createdAt }) };
  }

  #manifest(reference: string, signal: AbortSignal): Promise<Manifest | undefined> {
    return tryPatiently("source", signal, () => this.#repository.manifest(reference, { signal }));
  }

  #timeOnce(manifest: Manifest, parsed: ParsedManifest, signal: AbortSignal): Promise<number | undefined> {
    const time = this.#times.get(manifest.digest) ?? this.#createdAt(parsed, signal, DEPTH);
    this.#times.set(manifest.digest, time);
    return time;
  }

  /**
   * When an image was created: its annotation, else its config. An index without the annotation is as old as its first image: what is in an index was built together, and
   * reading every platform of every tag would multiply the requests.
   */
  async #createdAt(parsed: ParsedManifest, signal: AbortSignal, depth: number): Promise<number | undefined> {
    const annotated = timeFrom(parsed.annotations?.[CREATED]);
    if (annotated !== undefined) return annotated;
    if (parsed.kind === "image") return parsed.config === undefined ? undefined : timeFrom(await this.#createdIn(parsed.config, signal));
    // Attestations of BuildKit stand in the index as images for the platform unknown/unknown.
    const first = parsed.manifests.find(({ platform }) => platform?.os !== "unknown");
    const child = first === undefined || depth === 0 ? undefined : await this.#manifest(first.digest, signal);
    const below = child && parseLeniently(child);
    return below && this.#createdAt(below, signal, depth - 1);
  }

  async #createdIn(config: Descriptor, signal: AbortSignal): Promise<unknown> {
    if (config.size === 0 || config.size > LARGEST_CONFIG || !config.mediaType.endsWith("json")) return undefined;
    const bytes = await tryPatiently("source", signal, () => this.#readConfig(config, signal));
    try {
      const document: unknown = JSON.parse(bytes.toString("utf8"));
      return typeof document === "object" && document !== null && "created" in document ? document.created : undefined;
    } catch {
      return undefined;
    }
  }

  async #readConfig(config: Descriptor, signal: AbortSignal): Promise<Buffer> {
    const read = await this.#repository.readBlob(config, { start: 0, end: config.size }, { signal });
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of read.bytes) {
      size += chunk.length;
      if (size > config.size) break;
      chunks.push(chunk);
    }
    const bytes = Buffer.concat(chunks);
    const digest = digestOf(bytes, digestAlgorithm(config.digest));
    if (digest === config.digest) return bytes;
    const what = `reading config ${config.digest} of ${this.#repository.name}`;
    throw new TransshipError("DIGEST_MISMATCH", { what, why: `its bytes have the digest ${digest}` });
  }
}

/** Undefined for a manifest that cannot be copied either. */
function parseLeniently(manifest: Manifest): ParsedManifest | undefined {
  try {
    return parseManifest(manifest);
  } catch (thrown) {
    if (thrown instanceof TransshipError && thrown.code === "MANIFEST_INVALID") return undefined;
    throw thrown;
  }
}

/** What cannot be read counts as an image, so that it is selected and its copy says what is wrong, rather than being passed over in silence. */
function kindOfManifest(parsed: ParsedManifest | undefined): NonNullable<TagFacts["kind"]> {
  if (parsed === undefined) return "image";
  return kindOf({ isIndex: parsed.kind === "index", config: parsed.config?.mediaType, artifactType: parsed.artifactType });
}

/** A time in RFC 3339, in milliseconds since 1970; undefined where it tells nothing. */
function timeFrom(text: unknown): number | undefined {
  const time = typeof text === "string" ? Date.parse(text) : Number.NaN;
  return time > LATEST_CONSTANT ? time : undefined;
}
