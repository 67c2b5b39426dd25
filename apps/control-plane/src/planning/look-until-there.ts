import { setTimeout as delay } from "node:timers/promises";
import { type Instance, type InventoryEntry, type ScopeEntry, scopeName } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { resolveTags } from "../work/look-up.ts";

/** Tags in one question. */
const TAGS_A_QUESTION = 500;
/** Pauses before tags are looked up again that do not name yet what they were said to, in milliseconds. */
const LOOK_AGAIN_MS = [25, 75, 200, 500, 1000, 1500];

/**
 * What the tags of a scope name at an instance. CNCF distribution tells of a pushed manifest before it writes the tag (registry/handlers/manifests.go: `Put`, which
 * notifies, comes before `Tag`), so that who looks at once sees no tag, or what it named before. A tag that does not name the digest it was pushed with is therefore
 * looked up again for some seconds; then what is there counts, since it may have moved on.
 */
export async function* lookUntilThere(
  desk: Desk,
  source: Instance,
  scope: readonly ScopeEntry[],
  signal: AbortSignal,
): AsyncGenerator<InventoryEntry[]> {
  let open = scope.flatMap(({ tag, ...entry }) => (tag === undefined ? [] : [{ ...entry, tag }]));
  for (const pauseMs of [...LOOK_AGAIN_MS, undefined]) {
    if (open.length === 0) return;
    const digests = await resolveAll(desk, source, open, signal);
    const isEarly = (entry: ScopeEntry) =>
      entry.action === "push" && entry.digest !== undefined && digests.get(scopeName(entry)) !== entry.digest;
    const later = pauseMs === undefined ? [] : open.filter(isEarly);
    const there = open.filter((entry) => !later.includes(entry));
    yield there.flatMap(({ repository, tag }) => {
      const digest = digests.get(`${repository}:${tag}`);
      return digest === undefined ? [] : [{ repository, tag, digest }];
    });
    open = later;
    if (open.length > 0) await delay(pauseMs, undefined, { signal });
  }
}

async function resolveAll(
  desk: Desk,
  source: Instance,
  tags: readonly { readonly repository: string; readonly tag: string }[],
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const all = new Map<string, string>();
  for (let at = 0; at < tags.length; at += TAGS_A_QUESTION) {
    const some = tags.slice(at, at + TAGS_A_QUESTION).map(({ repository, tag }) => ({ repository, tag }));
    for (const [name, digest] of await resolveTags(desk, source, some, signal, "source")) all.set(name, digest);
  }
  return all;
}
