import { TransshipError } from "@transship/errors";
import { type Digest, isDigest } from "./digest.ts";

/** The platform of an image inside an index (OCI image-spec 1.1, "Image Index Property Descriptions"). */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
  readonly osVersion?: string;
  readonly osFeatures?: readonly string[];
}

/** A checked OCI content descriptor. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: Digest;
  /** Bytes. */
  readonly size: number;
  readonly platform?: Platform;
  readonly artifactType?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Present on foreign layers: where else the content might be. Never fetched from: the addresses come from the image's author. */
  readonly urls?: readonly string[];
  /** The content itself in base64, as the manifest embeds it; not checked against digest and size. */
  readonly data?: string;
}

/** A JSON object whose fields are not checked yet. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object, and not null or an array. */
export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function invalid(where: string, why: string): TransshipError {
  return new TransshipError("MANIFEST_INVALID", { what: `descriptor ${where}`, why });
}

/** A descriptor from JSON, every field checked. `where` names its place in the document for the error. Throws `MANIFEST_INVALID`. */
export function parseDescriptor(value: unknown, where: string): Descriptor {
  if (!isObject(value)) throw invalid(where, "is not an object");
  const { mediaType, digest, size, platform, artifactType, annotations, urls, data } = value;
  if (typeof mediaType !== "string" || mediaType === "") throw invalid(where, "has no mediaType");
  if (typeof digest !== "string" || !isDigest(digest)) throw invalid(where, `has a malformed digest ${brief(digest)}`);
  if (!Number.isSafeInteger(size) || (size as number) < 0) throw invalid(where, `has the size ${brief(size)}, which is no count of bytes`);
  const platformFields = parsePlatform(platform, where);
  const annotationFields = parseAnnotations(annotations, where);
  const urlList = parseStrings(urls, `${where}.urls`);
  return {
    mediaType,
    digest,
    size: size as number,
    ...(platformFields === undefined ? {} : { platform: platformFields }),
    ...(typeof artifactType === "string" && artifactType !== "" ? { artifactType } : {}),
    ...(annotationFields === undefined ? {} : { annotations: annotationFields }),
    ...(urlList === undefined || urlList.length === 0 ? {} : { urls: urlList }),
    ...(typeof data === "string" ? { data } : {}),
  };
}

/** A descriptor as it is written into documents: the opposite of {@link parseDescriptor}. */
export function descriptorJson(entry: Descriptor): JsonObject {
  const { platform, ...rest } = entry;
  if (platform === undefined) return rest;
  const { osVersion, osFeatures, ...plain } = platform;
  return {
    ...rest,
    platform: {
      ...plain,
      ...(osVersion === undefined ? {} : { "os.version": osVersion }),
      ...(osFeatures === undefined ? {} : { "os.features": osFeatures }),
    },
  };
}

/** Annotations from JSON: a map of strings, or undefined where there are none. Throws `MANIFEST_INVALID`. */
export function parseAnnotations(value: unknown, where: string): Readonly<Record<string, string>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid(where, "has annotations that are not an object");
  for (const [key, text] of Object.entries(value)) {
    if (typeof text !== "string") throw invalid(where, `has an annotation ${brief(key)} that is not a string`);
  }
  return value as Readonly<Record<string, string>>;
}

function parsePlatform(value: unknown, where: string): Platform | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw invalid(where, "has a platform that is not an object");
  const text = (key: string): string | undefined => {
    const field = value[key];
    if (field === undefined || field === null || field === "") return undefined;
    if (typeof field !== "string") throw invalid(where, `has a platform whose ${key} is not a string`);
    return field;
  };
  const variant = text("variant");
  const osVersion = text("os.version");
  const osFeatures = parseStrings(value["os.features"], `${where}.platform`);
  return {
    os: text("os") ?? "",
    architecture: text("architecture") ?? "",
    ...(variant === undefined ? {} : { variant }),
    ...(osVersion === undefined ? {} : { osVersion }),
    ...(osFeatures === undefined ? {} : { osFeatures }),
  };
}

function parseStrings(value: unknown, where: string): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value) || !value.every((entry) => typeof entry === "string")) throw invalid(where, "is not a list of strings");
  return value as readonly string[];
}

function brief(value: unknown): string {
  return (JSON.stringify(value) ?? "undefined").slice(0, 100);
}
