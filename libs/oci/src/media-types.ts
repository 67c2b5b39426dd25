/** Media types of manifests (OCI image-spec 1.1, Docker image manifest v2 schema 2, and their retired relatives). */
export const MEDIA_TYPES = {
  ociIndex: "application/vnd.oci.image.index.v1+json",
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  dockerList: "application/vnd.docker.distribution.manifest.list.v2+json",
  dockerManifest: "application/vnd.docker.distribution.manifest.v2+json",
  /** Removed before OCI 1.1 was final; still found in ACR, zot and Harbor data. */
  ociArtifact: "application/vnd.oci.artifact.manifest.v1+json",
  /** The form of ORAS before that, found in ACR. */
  orasArtifact: "application/vnd.cncf.oras.artifact.manifest.v1+json",
  dockerSchema1: "application/vnd.docker.distribution.manifest.v1+json",
  dockerSchema1Signed: "application/vnd.docker.distribution.manifest.v1+prettyjws",
} as const;

const SHAPES: ReadonlyMap<string, "image" | "index" | "artifact" | "schema1"> = new Map([
  [MEDIA_TYPES.ociIndex, "index"],
  [MEDIA_TYPES.dockerList, "index"],
  [MEDIA_TYPES.ociManifest, "image"],
  [MEDIA_TYPES.dockerManifest, "image"],
  [MEDIA_TYPES.ociArtifact, "artifact"],
  [MEDIA_TYPES.orasArtifact, "artifact"],
  [MEDIA_TYPES.dockerSchema1, "schema1"],
  [MEDIA_TYPES.dockerSchema1Signed, "schema1"],
]);

/** What a document of this media type looks like, or undefined for a media type that is no manifest's. */
export function manifestShape(mediaType: string): "image" | "index" | "artifact" | "schema1" | undefined {
  return SHAPES.get(mediaType);
}

/** One `Accept` line for manifests: some servers read only the first, and without it old ones answer with schema 1. */
export const MANIFEST_ACCEPT = [
  MEDIA_TYPES.ociIndex,
  MEDIA_TYPES.ociManifest,
  MEDIA_TYPES.dockerList,
  MEDIA_TYPES.dockerManifest,
  MEDIA_TYPES.ociArtifact,
  MEDIA_TYPES.orasArtifact,
  "*/*;q=0.1",
].join(", ");

/** A `Content-Type` without its parameters, lower case; undefined where it is missing or empty. */
export function bareMediaType(contentType: string | undefined): string | undefined {
  const bare = contentType?.split(";", 1)[0]?.trim().toLowerCase();
  return bare === "" ? undefined : bare;
}
