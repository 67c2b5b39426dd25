import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { anything, belowNamespace, compilePattern, type Pattern, subjectOfTag } from "@transship/model";
import type { Registry, Repository } from "@transship/oci";
import { Patience, tryPatiently } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import { interleave } from "./interleave.ts";
import type { Found } from "./questions.ts";

/** Tags in one part of the answer. */
const PAGE = 500;
/** Digests that are asked for at once, over all repositories. */
const LOOK_UPS = 48;
/** Repositories of a catalogue that are listed at once; each gets its share of the look-ups. */
const REPOSITORIES = 4;

/**
 * Everything that matches, with digests. A plain repository name is looked up as it is; any other pattern needs the registry's catalogue. Tags that belong to a
 * digest (signatures, fallback referrers) come only with a selected tag of that digest, whatever the tag pattern says.
 * @throws TransshipError `NAME_UNKNOWN` where a repository named plainly does not exist, `UNSUPPORTED` where there is no catalogue, and whatever the registry
 * says when a page is refused: a listing is whole or it failed.
 */
export async function* listTags(registry: Registry, ask: wire.ListTags, signal: AbortSignal): AsyncGenerator<Found> {
  const repository = compilePattern(ask.repository);
  const tag = compilePattern(ask.tag);
  const namespace = ask.namespace === "" ? undefined : ask.namespace;
  for await (const tags of inPages(matching(registry, namespace, repository, tag, signal), PAGE)) {
    yield { $case: "tags", value: { tags: [...tags] } };
  }
}

function matching(
  registry: Registry,
  namespace: string | undefined,
  repository: Pattern,
  tag: Pattern,
  signal: AbortSignal,
): AsyncGenerator<wire.FoundTag> {
  if (repository.literal === undefined) {
    const share = LOOK_UPS / REPOSITORIES;
    const open = (name: string) => tagsOf(registry.repository(name), tag, share, true, signal);
    return interleave(repositories(registry, namespace, repository, signal), REPOSITORIES, open);
  }
  const name = namespace === undefined ? repository.literal : `${namespace}/${repository.literal}`;
  return tagsOf(registry.repository(name), tag, LOOK_UPS, false, signal);
}

/** Repositories of the catalogue that match, each once. */
async function* repositories(
  registry: Registry,
  namespace: string | undefined,
  pattern: Pattern,
  signal: AbortSignal,
): AsyncGenerator<string> {
  try {
    for await (const name of eachOnce(() => registry.catalog({ signal }), signal)) {
      const below = belowNamespace(namespace, name);
      if (below !== undefined && pattern.matches(below)) yield name;
    }
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || (thrown.code !== "UNSUPPORTED" && thrown.code !== "DENIED")) throw thrown;
    const hint =
      "The registry does not list its repositories; name one in the rule plainly (spec.source.repository without pattern characters).";
    throw thrown.with({ hint });
  }
}

/** The tags of a repository that match, then the tags that belong to their digests. `mayVanish`: that it is not there is no failure. */
async function* tagsOf(
  repository: Repository,
  pattern: Pattern,
  lookUps: number,
  mayVanish: boolean,
  signal: AbortSignal,
): AsyncGenerator<wire.FoundTag> {
  const digests = new Set<string>();
  let begun = false;
  const belonging: { readonly tag: string; readonly subject: string }[] = [];
  const own = async function* () {
    for await (const tag of eachOnce(() => repository.tags({ signal }), signal)) {
      begun = true;
      const subject = subjectOfTag(tag);
      if (subject !== undefined) belonging.push({ tag, subject });
      else if (pattern === anything || pattern.matches(tag)) yield tag;
    }
  };
  try {
    for await (const found of resolveAll(repository, own(), lookUps, signal)) {
      digests.add(found.digest);
      yield found;
    }
  } catch (thrown) {
    // A later page that is not there is no repository that vanished: the listing broke.
    if (mayVanish && !begun && thrown instanceof TransshipError && thrown.code === "NAME_UNKNOWN") return;
    throw thrown;
  }
  const theirs = belonging.filter(({ subject }) => digests.has(subject)).map(({ tag }) => tag);
  yield* resolveAll(repository, theirs, lookUps, signal);
}

/** Tags with their digests, in order. A tag that is gone by now is left out. */
async function* resolveAll(
  repository: Repository,
  tags: Iterable<string> | AsyncIterable<string>,
  lookUps: number,
  signal: AbortSignal,
): AsyncGenerator<wire.FoundTag> {
  const resolve = async (tag: string, either: AbortSignal) => {
    const descriptor = await tryPatiently("source", either, () => repository.resolve(tag, { signal: either }));
    return descriptor && { repository: repository.name, tag, digest: descriptor.digest };
  };
  for await (const found of inParallel(tags, lookUps, signal, resolve)) if (found !== undefined) yield found;
}

/** Names of a paged listing, each once. A page that fails makes the listing begin again, patiently; what was seen is not repeated. */
async function* eachOnce(list: () => AsyncIterable<readonly string[]>, signal: AbortSignal): AsyncGenerator<string> {
  const seen = new Set<string>();
  const patience = new Patience("source", signal);
  for (;;) {
    const reader = list()[Symbol.asyncIterator]();
    try {
      for (;;) {
        const page = await nextPage(reader, patience);
        if (page === "again") break;
        if (page.done === true) return;
        for (const name of page.value) {
          if (seen.has(name)) continue;
          seen.add(name);
          yield name;
        }
      }
    } finally {
      await reader.return?.();
    }
  }
}

/** The next page; `again` where it failed and the listing may begin anew. Only the registry's failures are retried, never the reader's own. */
async function nextPage(
  reader: AsyncIterator<readonly string[]>,
  patience: Patience,
): Promise<IteratorResult<readonly string[]> | "again"> {
  try {
    return await reader.next();
  } catch (thrown) {
    await patience.pause(thrown);
    return "again";
  }
}
