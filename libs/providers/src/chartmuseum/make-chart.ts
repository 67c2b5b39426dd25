import { type Descriptor, type Digest, digestOf, type Manifest, MEDIA_TYPES } from "@transship/oci";
import { type ChartMetadata, readChartYaml } from "./chart-config.ts";
import type { ArchiveFacts } from "./inspect-archive.ts";

/** Helm 3.8, "OCI support": media types of a chart's config and of its archive. */
export const CHART_MEDIA_TYPES = {
  config: "application/vnd.cncf.helm.config.v1+json",
  archive: "application/vnd.cncf.helm.chart.content.v1.tar+gzip",
} as const;

/** A chart in its OCI form: the archive is its only layer, byte for byte. */
export interface OciChart {
  readonly manifest: Manifest;
  readonly config: { readonly digest: Digest; readonly bytes: Uint8Array };
  readonly archive: { readonly digest: Digest; readonly size: number };
}

/**
 * The OCI form of a chart, as `helm push` makes it but for the annotation of the moment of pushing: the same archive gives the same digest at any time and on any agent.
 * @throws TransshipError `RESPONSE_MALFORMED` where Chart.yaml is none.
 */
export function makeChart({ digest, size, chartYaml }: ArchiveFacts, what: string): OciChart {
  const metadata = readChartYaml(chartYaml, what);
  const config = Buffer.from(JSON.stringify(metadata));
  const configDigest = digestOf(config);
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.ociManifest,
    config: { mediaType: CHART_MEDIA_TYPES.config, digest: configDigest, size: config.byteLength } satisfies Descriptor,
    layers: [{ mediaType: CHART_MEDIA_TYPES.archive, digest, size } satisfies Descriptor],
    annotations: annotationsOf(metadata),
  };
  const bytes = Buffer.from(JSON.stringify(document));
  const manifest = { digest: digestOf(bytes), mediaType: MEDIA_TYPES.ociManifest, bytes, size: bytes.byteLength };
  return { manifest, config: { digest: configDigest, bytes: config }, archive: { digest, size } };
}

/** OCI image-spec 1.1, "Pre-Defined Annotation Keys", filled as Helm fills them. Sorted by key. */
function annotationsOf({ name, version, description, home, sources, maintainers }: ChartMetadata): Record<string, string> {
  const annotations = {
    authors: Array.isArray(maintainers) ? maintainers.map(authorOf).filter(Boolean).join(", ") : "",
    description,
    source: Array.isArray(sources) ? sources[0] : undefined,
    title: name,
    url: home,
    version,
  };
  const given = Object.entries(annotations).filter(([, value]) => typeof value === "string" && value !== "");
  return Object.fromEntries(given.map(([key, value]) => [`org.opencontainers.image.${key}`, String(value)]));
}

function authorOf({ name = "", email = "" }: { readonly name?: string; readonly email?: string }): string {
  return email === "" ? name : `${name} (${email})`.trim();
}
