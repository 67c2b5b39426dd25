import { type Descriptor, type Digest, digestAlgorithm, digestOf, type Platform, type Repository } from "@transship/oci";
import { tryPatiently } from "./patience.ts";
import type { ManifestNode } from "./walk-artifact.ts";

/** What BuildKit says of an attestation manifest: the digest of the image that it is about. */
const ATTESTS = "vnd.docker.reference.digest";
/** Variants that are meant where none is named (containerd's platform normalisation). */
const USUAL_VARIANTS: Readonly<Record<string, string>> = { arm64: "v8", arm: "v7" };
const IMAGE_CONFIGS: readonly string[] = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];
/** Bytes. A larger configuration is not read: the image is then taken as one that fits. */
const LARGEST_CONFIG = 4 * 1024 * 1024;

/**
 * The children of an index to bring, in their order: those of the chosen platforms, those that state no platform, and the attestations of either. `platforms`:
 * `os/architecture[/variant]`; a variant that is not named means any.
 */
export function chooseChildren(children: readonly Descriptor[], platforms: readonly string[]): readonly Descriptor[] {
  const isImage = (child: Descriptor) => child.annotations?.[ATTESTS] === undefined;
  const images = children.filter((child) => isImage(child) && isChosen(child.platform, platforms));
  const chosen = new Set<string>(images.map(({ digest }) => digest));
  return children.filter((child) => (isImage(child) ? chosen.has(child.digest) : chosen.has(child.annotations?.[ATTESTS] ?? "")));
}

/** Whether a platform is among the chosen ones. What states none, or `unknown`, is no image of another platform. */
export function isChosen(platform: Platform | undefined, platforms: readonly string[]): boolean {
  if (platform === undefined || platform.os === "" || platform.os === "unknown") return true;
  const { os, architecture } = platform;
  const variant = platform.variant ?? USUAL_VARIANTS[architecture] ?? "";
  return platforms.some((text) => {
    const [wantedOs, wantedArchitecture, wantedVariant] = text.split("/");
    return wantedOs === os && wantedArchitecture === architecture && (wantedVariant === undefined || wantedVariant === variant);
  });
}

/** The platform that an image states in its configuration; undefined for what is no image. */
export async function platformOfImage(source: Repository, { parsed }: ManifestNode, signal: AbortSignal): Promise<Platform | undefined> {
  const { config } = parsed;
  if (config === undefined || !IMAGE_CONFIGS.includes(config.mediaType) || config.size > LARGEST_CONFIG) return undefined;
  const bytes = await tryPatiently("source", signal, () => readWhole(source, config, signal));
  if (digestOf(bytes, digestAlgorithm(config.digest)) !== config.digest) return undefined;
  return platformIn(bytes);
}

async function readWhole(source: Repository, blob: { digest: Digest; size: number }, signal: AbortSignal): Promise<Buffer> {
  const read = await source.readBlob(blob, { start: 0, end: blob.size }, { signal });
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of read.bytes) {
    chunks.push(chunk);
    size += chunk.byteLength;
    // More than the manifest says: its digest cannot be right.
    if (size > blob.size) break;
  }
  return Buffer.concat(chunks);
}

function platformIn(bytes: Buffer): Platform | undefined {
  let document: unknown;
  try {
    document = JSON.parse(bytes.toString("utf8"));
  } catch {
    return undefined;
  }
  const { os, architecture, variant } = (document ?? {}) as Record<string, unknown>;
  if (typeof os !== "string" || typeof architecture !== "string") return undefined;
  return { os, architecture, ...(typeof variant === "string" && variant !== "" ? { variant } : {}) };
}
