import { setImmediate } from "node:timers/promises";
import { TransshipError } from "@transship/errors";
import { type Digest, isDigest } from "@transship/oci";
import { LIMITS } from "./limits.ts";
import { parseYaml } from "./parse-yaml.ts";
import { splitIndex } from "./split-index.ts";

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
export async function readIndex(text: string, base: URL): Promise<ChartIndex> {
  const index = new Map<string, readonly ChartVersion[]>();
  for await (const [name, list] of chartsOf(text, base)) {
    if (index.has(name)) throw malformed(base, `chart ${quoted(name)} stands twice`);
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

/** The entries of an index, not yet checked. Between charts other work of the process gets its turn. */
async function* chartsOf(text: string, base: URL): AsyncGenerator<[string, unknown]> {
  const what = `reading ${indexUrl(base).href}`;
  const pieces = splitIndex(text);
  if (pieces === undefined) {
    if (text.length > LIMITS.wholeIndexCharacters)
      throw malformed(base, "it is not in the form that Helm writes, and too large to be read otherwise");
    const document = parseYaml(text, what);
    if (!isMap(document) || !isMap(document.entries)) throw malformed(base, "it is no index of charts: it has no map `entries`");
    return yield* Object.entries(document.entries);
  }
  parseYaml(pieces.rest, what);
  for (const piece of pieces.charts) {
    const chart = parseYaml(piece, what);
    if (!isMap(chart)) throw malformed(base, "it is no index of charts: an entry is no chart");
    yield* Object.entries(chart);
    await setImmediate();
  }
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
