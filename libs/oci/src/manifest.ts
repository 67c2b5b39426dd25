import { TransshipError } from "@transship/errors";
import { type Descriptor, isObject, type JsonObject, parseAnnotations, parseDescriptor } from "./descriptor.ts";
import type { Digest } from "./digest.ts";
import { LIMITS } from "./limits.ts";
import { bareMediaType, MEDIA_TYPES, manifestShape } from "./media-types.ts";

export type { Descriptor, Platform } from "./descriptor.ts";

/** A manifest or index as it came: its exact bytes and what is known of them. Forward these bytes, never a re-serialised form. */
export interface Manifest {
  /** Computed from `bytes`. */
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Length of `bytes`. */
  readonly size: number;
}

/** What a manifest refers to. */
export interface ParsedManifest {
  /** `index` for a list of manifests, `image` for anything with blobs: images, charts, artifacts. */
  readonly kind: "image" | "index";
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  /** Children of an index. */
  readonly manifests: readonly Descriptor[];
  /** Config and layers, each digest once. Foreign layers are among them, marked by `urls`. */
  readonly blobs: readonly Descriptor[];
  readonly subject: Descriptor | undefined;
  /** As the document says it; absent is not replaced by the config's media type. */
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * Reads a manifest (OCI image-spec 1.1, Docker schema 2, the retired artifact manifests). Throws `MANIFEST_INVALID` for anything that two tools
 * could read in two ways (both `manifests` and `layers`, `mediaType` that contradicts the Content-Type: CVE-2021-41190), for malformed digests and
 * sizes, and for Docker schema 1, whose digest does not survive a copy.
 */
export function parseManifest(manifest: Pick<Manifest, "mediaType" | "bytes" | "digest">): ParsedManifest {
  const refuse = (why: string): TransshipError => new TransshipError("MANIFEST_INVALID", { what: `manifest ${manifest.digest}`, why });
  const document = parseDocument(manifest.bytes, refuse);
  const shape = manifestShape(manifest.mediaType);
  if (shape === "schema1" || document.schemaVersion === 1 || present(document.fsLayers))
    throw refuse("it is a Docker schema 1 manifest, a format that registries no longer accept; push the image again with a current tool");
  if (shape === undefined) throw refuse(`its media type ${manifest.mediaType.slice(0, 120)} is not one of a manifest`);
  const declared = document.mediaType;
  if (present(declared) && declared !== manifest.mediaType)
    throw refuse(`it was served as ${manifest.mediaType} but calls itself ${String(declared).slice(0, 120)}`);
  const excess = { index: ["config", "layers", "blobs"], image: ["manifests", "blobs"], artifact: ["manifests", "layers", "config"] }[
    shape
  ].find((field) => present(document[field]));
  if (excess !== undefined) throw refuse(`it is ambiguous: a document of type ${manifest.mediaType} must not have "${excess}"`);
  if (shape !== "artifact" && document.schemaVersion !== 2) throw refuse("its schemaVersion is not 2");
  return assemble(document, shape, refuse);
}

function assemble(document: JsonObject, shape: "image" | "index" | "artifact", refuse: (why: string) => TransshipError): ParsedManifest {
  const list = (field: string): readonly Descriptor[] => parseList(document[field], field, refuse);
  if (shape === "index" && !Array.isArray(document.manifests)) throw refuse('an index needs a list "manifests"');
  const config = shape === "image" ? parseDescriptor(document.config, "config") : undefined;
  const layers = shape === "image" ? list("layers") : shape === "artifact" ? list("blobs") : [];
  const { artifactType, subject } = document;
  return {
    kind: shape === "index" ? "index" : "image",
    config,
    layers,
    manifests: shape === "index" ? list("manifests") : [],
    blobs: eachOnce(config === undefined ? layers : [config, ...layers], refuse),
    subject: present(subject) ? parseDescriptor(subject, "subject") : undefined,
    artifactType: typeof artifactType === "string" && artifactType !== "" ? artifactType : undefined,
    annotations: parseAnnotations(document.annotations, "annotations"),
  };
}

function parseList(value: unknown, field: string, refuse: (why: string) => TransshipError): readonly Descriptor[] {
  if (!present(value)) return [];
  if (!Array.isArray(value)) throw refuse(`"${field}" is not a list`);
  if (value.length > LIMITS.descriptors) throw refuse(`"${field}" has ${value.length} entries, more than ${LIMITS.descriptors}`);
  return value.map((entry, index) => parseDescriptor(entry, `${field}[${index}]`));
}

function eachOnce(descriptors: readonly Descriptor[], refuse: (why: string) => TransshipError): readonly Descriptor[] {
  const byDigest = new Map<Digest, Descriptor>();
  for (const descriptor of descriptors) {
    const earlier = byDigest.get(descriptor.digest);
    if (earlier === undefined) byDigest.set(descriptor.digest, descriptor);
    else if (earlier.size !== descriptor.size) throw refuse(`it names ${descriptor.digest} with two sizes`);
  }
  return [...byDigest.values()];
}

/**
 * The media type of a manifest's bytes: the Content-Type where it is a manifest's, else what the body says of itself, else its shape
 * (`mediaType` is optional in OCI documents, and layouts and proxies serve generic types). Throws `MANIFEST_INVALID`.
 */
export function manifestMediaType(contentType: string | undefined, bytes: Uint8Array): string {
  const bare = bareMediaType(contentType);
  if (bare !== undefined && manifestShape(bare) !== undefined) return bare;
  const refuse = (why: string): TransshipError => new TransshipError("MANIFEST_INVALID", { what: "manifest", why });
  const document = parseDocument(bytes, refuse);
  const declared = document.mediaType;
  if (typeof declared === "string" && manifestShape(declared) !== undefined) return declared;
  if (present(document.fsLayers)) return MEDIA_TYPES.dockerSchema1;
  if (Array.isArray(document.manifests)) return MEDIA_TYPES.ociIndex;
  if (isObject(document.config) && Array.isArray(document.layers)) return MEDIA_TYPES.ociManifest;
  throw refuse(`the answer of type ${bare ?? "(none)"} is no manifest`);
}

function parseDocument(bytes: Uint8Array, refuse: (why: string) => TransshipError): JsonObject {
  if (bytes.byteLength > LIMITS.manifestBytes) throw refuse(`it has ${bytes.byteLength} bytes, more than ${LIMITS.manifestBytes}`);
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch (cause) {
    throw refuse("it is not JSON").with({ cause });
  }
  if (!isObject(document)) throw refuse("it is not a JSON object");
  return document;
}

function present(value: unknown): boolean {
  return value !== undefined && value !== null;
}
