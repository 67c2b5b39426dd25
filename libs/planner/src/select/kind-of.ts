import type { ArtifactKind } from "@transship/model";

/** What a manifest says of itself. */
export interface ManifestTraits {
  /** Whether it lists other manifests. */
  readonly isIndex: boolean;
  /** Media type of its config; absent where it has none. */
  readonly config: string | undefined;
  readonly artifactType: string | undefined;
}

const IMAGE_CONFIGS: ReadonlySet<string> = new Set([
  "application/vnd.oci.image.config.v1+json",
  "application/vnd.docker.container.image.v1+json",
]);
/** Helm 3.8, "OCI support": the media type of a chart's config. */
const CHART_CONFIG = "application/vnd.cncf.helm.config.v1+json";

/** What a manifest is. An index is an image unless it states an artifact type (OCI image-spec 1.1, "Image Index Property Descriptions"). */
export function kindOf({ isIndex, config, artifactType }: ManifestTraits): ArtifactKind {
  if (isIndex) return artifactType === undefined ? "image" : artifactType === CHART_CONFIG ? "chart" : "artifact";
  if (config === CHART_CONFIG) return "chart";
  return config !== undefined && IMAGE_CONFIGS.has(config) ? "image" : "artifact";
}
