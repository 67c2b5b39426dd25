/** What the registry needs to know of a manifest, read from its bytes. */
export interface ManifestFacts {
  /** False when the bytes are no JSON object; everything else is empty then. */
  readonly valid: boolean;
  readonly declaredMediaType?: string;
  /** Digest of the `subject`. */
  readonly subject?: string;
  /** `artifactType`, else the config's media type of an image manifest (distribution-spec 1.1, end-12). */
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Digests of blobs that must be there: config, layers, artefact blobs; not the non-distributable ones. */
  readonly blobs: readonly string[];
  /** Digests of child manifests. */
  readonly children: readonly string[];
  /** Both `manifests` and `layers`: CVE-2021-41190. */
  readonly ambiguous: boolean;
}

interface Fields {
  readonly [name: string]: unknown;
}

/** Reads a manifest of any kind. Never throws: what is not understood is left out. */
export function inspectManifest(bytes: Uint8Array): ManifestFacts {
  const body = parseObject(bytes);
  if (body === undefined) return { valid: false, blobs: [], children: [], ambiguous: false };
  const config = asObject(body.config);
  const layers = asList(body.layers);
  const artifactType = text(body.artifactType) || text(config?.mediaType);
  const subject = text(asObject(body.subject)?.digest);
  const declaredMediaType = text(body.mediaType);
  const annotations = textMap(body.annotations);
  return {
    valid: true,
    ...(declaredMediaType === "" ? {} : { declaredMediaType }),
    ...(subject === "" ? {} : { subject }),
    ...(artifactType === "" ? {} : { artifactType }),
    ...(annotations === undefined ? {} : { annotations }),
    blobs: digests([...(config === undefined ? [] : [config]), ...layers, ...asList(body.blobs)].filter(isCarried)),
    children: digests(asList(body.manifests)),
    ambiguous: body.manifests !== undefined && (body.layers !== undefined || config !== undefined),
  };
}

// Foreign layers are not expected in the registry (image-spec, "Non-Distributable Layers").
function isCarried(descriptor: Fields): boolean {
  const mediaType = text(descriptor.mediaType);
  return !mediaType.includes("nondistributable") && !mediaType.includes(".foreign.");
}

function digests(descriptors: readonly Fields[]): string[] {
  return [...new Set(descriptors.map((each) => text(each.digest)).filter((digest) => digest !== ""))];
}

function parseObject(bytes: Uint8Array): Fields | undefined {
  try {
    return asObject(JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8")));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function asList(value: unknown): Fields[] {
  return Array.isArray(value) ? value.map(asObject).filter((each) => each !== undefined) : [];
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function textMap(value: unknown): Record<string, string> | undefined {
  const object = asObject(value);
  if (object === undefined) return undefined;
  const entries = Object.entries(object).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  return Object.fromEntries(entries);
}
