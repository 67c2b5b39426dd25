import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Registry, Repository } from "@transship/oci";
import { tryPatiently } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import type { Found } from "./questions.ts";

const PAGE = 500;
const LOOK_UPS = 48;
/** Repositories whose first tag is looked up at once. */
const REPOSITORIES = 24;
/** Tags that are missing so far for which a page of the repository's list may be read: a page costs about as much as so many look-ups. */
const TAGS_A_PAGE = 4;

/**
 * The digests of given tags. Tags and repositories that do not exist are left out, and cost little: where the first tag of a repository is not there, its list of tags
 * is read, so that an empty or new repository takes two requests and no HEAD a tag. What is there takes one HEAD a tag and nothing else.
 */
export async function* resolveTags(registry: Registry, ask: wire.ResolveTags, signal: AbortSignal): AsyncGenerator<Found> {
  const groups = Map.groupBy(ask.tags, ({ repository }) => repository);
  const probed = inParallel(groups, REPOSITORIES, signal, ([name, tags], either) => probe(registry.repository(name), tags, either));
  const resolve = async (reference: Reference, either: AbortSignal) => {
    if ("digest" in reference) return [reference];
    return resolveOne(registry.repository(reference.repository), reference, either);
  };
  for await (const page of inPages(inParallel(flat(probed), LOOK_UPS, signal, resolve), PAGE)) {
    yield { $case: "tags", value: { tags: page.flat() } };
  }
}

/** A tag that is looked up, or is still to be. */
type Reference = wire.FoundTag | wire.TagReference;

/** Looks the first tag of a repository up, and leaves out of the others those that its list shows not to be there. */
async function probe(repository: Repository, tags: readonly wire.TagReference[], signal: AbortSignal): Promise<Reference[]> {
  const [first, ...others] = tags;
  if (first === undefined) return [];
  const found = await resolveOne(repository, first, signal);
  if (found.length > 0 || others.length < TAGS_A_PAGE) return [...found, ...others];
  const there = await tagsThere(repository, Math.floor(others.length / TAGS_A_PAGE), signal);
  return there === undefined ? others : others.filter(({ tag }) => there.has(tag));
}

async function resolveOne(repository: Repository, { tag }: wire.TagReference, signal: AbortSignal): Promise<wire.FoundTag[]> {
  const descriptor = await tryPatiently("target", signal, () => repository.resolve(tag, { signal }));
  return descriptor === undefined ? [] : [{ repository: repository.name, tag, digest: descriptor.digest }];
}

/** All tags of a repository; undefined where they fill more than so many pages, or where the list may not be read: then each tag is looked up. */
async function tagsThere(repository: Repository, pages: number, signal: AbortSignal): Promise<ReadonlySet<string> | undefined> {
  const all = new Set<string>();
  try {
    let read = 0;
    for await (const page of repository.tags({ signal })) {
      if (++read > pages) return undefined;
      for (const tag of page) all.add(tag);
    }
    return all;
  } catch (thrown) {
    signal.throwIfAborted();
    if (!(thrown instanceof TransshipError)) throw thrown;
    return thrown.code === "NAME_UNKNOWN" ? all : undefined;
  }
}

async function* flat<T>(lists: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}
