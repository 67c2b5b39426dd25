import { TransshipError } from "@transship/errors";
import { type Digest, isDigest } from "@transship/oci";
import { parseYaml } from "./parse-yaml.ts";

/** One version of a chart, as the index tells of it. */
export interface ChartVersion {
  readonly version: string;
  /** The version as tag: `+` is `_`, as Helm does it (Helm, "Use OCI-based registries"), since a tag has no `+`. Not yet checked. */
  readonly tag: string;
  /** Where its archive is. */
  readonly url: URL;
  /** Digest of the archive; undefined where the index does not tell it. */
  readonly archive: Digest | undefined;
}

/** Charts by name, each with its versions in the order of the index: the newest first, by ChartMuseum and Helm. */
export type ChartIndex = ReadonlyMap<string, readonly ChartVersion[]>;

/**
 * Reads an index.yaml (Helm, "The Chart Repository Guide"). `base`: the repository's URL with a slash at its end, which relative URLs of archives go below. A version that
 * stands twice is the first one, as Helm reads it.
 * @throws TransshipError `RESPONSE_MALFORMED` for anything that is no index, or an index with an entry that is none: a list of charts is whole or it failed.
 */
export function readIndex(text: string, base: URL): ChartIndex {
  const document = parseYaml(text, `reading ${indexUrl(base).href}`);
  if (!isMap(document) || !isMap(document.entries)) throw malformed(base, "it is no index of charts: it has no map `entries`");
  const index = new Map<string, readonly ChartVersion[]>();
  for (const [name, list] of Object.entries(document.entries)) {
    if (!Array.isArray(list)) throw malformed(base, `chart ${quoted(name)} has no list of versions`);
    const versions = new Map<string, ChartVersion>();
    for (const entry of list) {
      const version = readVersion(name, entry, base);
      if (!versions.has(version.tag)) versions.set(version.tag, version);
    }
    index.set(name, [...versions.values()]);
  }
  return index;
}

/** Where the index of a chart repository is. */
export function indexUrl(base: URL): URL {
  return new URL("index.yaml", base);
}

function readVersion(name: string, entry: unknown, base: URL): ChartVersion {
  if (!isMap(entry) || typeof entry.version !== "string" || entry.version === "")
    throw malformed(base, `chart ${quoted(name)} has an entry without a version`);
  const { version, urls, digest } = entry;
  const [first] = Array.isArray(urls) ? urls : [];
  const url = typeof first === "string" && first !== "" ? URL.parse(first, base.href) : null;
  if (url === null) throw malformed(base, `chart ${quoted(name)} ${quoted(version)} has no URL`);
  return { version, tag: version.replaceAll("+", "_"), url, archive: readDigest(digest) };
}

/** Helm writes the bare hex digits, other tools `sha256:` before them. Anything else is as good as none: then the archive itself tells. */
function readDigest(digest: unknown): Digest | undefined {
  const text = typeof digest === "string" ? `sha256:${digest.toLowerCase().replace(/^sha256:/, "")}` : "";
  return isDigest(text) ? text : undefined;
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(base: URL, why: string): TransshipError {
  return new TransshipError("RESPONSE_MALFORMED", {
    what: `reading ${indexUrl(base).href}`,
    why,
    hint: "Check that the endpoint's URL is the one that `helm repo add` takes, and that the repository's index is whole.",
  });
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
