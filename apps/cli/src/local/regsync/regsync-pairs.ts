import type { DirectPair } from "@transship/agent";
import { asTransshipError } from "@transship/errors";
import { type ImageReference, parseReference, type Registry } from "@transship/oci";
import type { Places } from "../direct/open-places.ts";
import { tagPairs } from "../direct/tag-pairs.ts";
import type { NameFilter, RegsyncEntry } from "./parse-regsync.ts";

/** What an entry of a regsync file copies. @throws TransshipError for references that cannot be read and listings that fail. */
export async function* regsyncPairs(
  entry: RegsyncEntry,
  places: Places,
  siblings: DirectPair["siblings"],
  signal: AbortSignal,
): AsyncGenerator<DirectPair> {
  for await (const pair of entryPairs(entry, places, signal)) yield { ...pair, siblings };
}

async function* entryPairs(entry: RegsyncEntry, places: Places, signal: AbortSignal): AsyncGenerator<DirectPair> {
  if (entry.type === "registry") yield* registryPairs(entry, places, signal);
  else if (entry.type === "repository") yield* repositoryPairs(readPlace(entry.source), readPlace(entry.target), entry, places, signal);
  else yield await imagePair(entry, places);
}

/** Whether a name passes: matched by any `allow` (none = all) and by no `deny`. */
export function passes(filter: NameFilter, name: string): boolean {
  const allowed = filter.allow.length === 0 || filter.allow.some((pattern) => pattern.matches(name));
  return allowed && !filter.deny.some((pattern) => pattern.matches(name));
}

async function imagePair(entry: RegsyncEntry, places: Places): Promise<DirectPair> {
  const from = readPlace(entry.source);
  const to = readPlace(entry.target);
  // As docker does: no tag means `latest`.
  const reference = from.digest ?? from.tag ?? "latest";
  const [source, target] = await Promise.all([places.repository(from), places.repository(to)]);
  return { source, target, reference, tag: to.tag ?? from.tag ?? "latest", overwrite: "always" };
}

async function* repositoryPairs(
  from: ImageReference,
  to: ImageReference,
  entry: RegsyncEntry,
  places: Places,
  signal: AbortSignal,
): AsyncGenerator<DirectPair> {
  const [source, target] = await Promise.all([places.repository(from), places.repository(to)]);
  yield* tagPairs(source, target, (tag) => passes(entry.tags, tag), signal);
}

async function* registryPairs(entry: RegsyncEntry, places: Places, signal: AbortSignal): AsyncGenerator<DirectPair> {
  // A registry's name alone is no reference; any repository of it will do to read the host.
  const host = readPlace(`${entry.source}/any`);
  if (host.kind !== "registry") return;
  const registry = await places.registry({ ...host, repository: "" });
  try {
    for await (const page of registry.catalog({ signal })) {
      for (const repository of page.filter((name) => passes(entry.repos, name))) {
        yield* repositoryPairs(
          readPlace(`${entry.source}/${repository}`),
          readPlace(`${entry.target}/${repository}`),
          entry,
          places,
          signal,
        );
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    const failure = asTransshipError(error, `listing the repositories of ${entry.source}`);
    throw failure.with({ side: failure.side ?? "source" });
  }
}

/**
 * The registries that a file's entries copy to, each once: what was brought to one may be read there for another. One that cannot be opened is left out here and
 * explained by its own entry.
 */
export async function regsyncSiblings(entries: readonly RegsyncEntry[], places: Places): Promise<NonNullable<DirectPair["siblings"]>> {
  const siblings = new Map<string, { readonly name: string; readonly registry: Registry }>();
  for (const entry of entries) {
    try {
      const place = readPlace(entry.type === "registry" ? `${entry.target}/any` : entry.target);
      if (place.kind !== "registry" || siblings.has(place.host)) continue;
      siblings.set(place.host, { name: place.host, registry: await places.registry(place) });
    } catch {}
  }
  return [...siblings.values()];
}

/** regsync writes layout directories as `ocidir://DIR`. */
function readPlace(text: string): ImageReference {
  return parseReference(text.replace(/^ocidir:\/\//, "oci:"));
}
