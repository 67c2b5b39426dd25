import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Registry, Repository } from "@transship/oci";
import { tryPatiently } from "@transship/transfer";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import type { Found } from "./questions.ts";

/** Tags on a page of one repository, and repositories whose tags are listed side by side. */
const TAGS = 1_000;
const LISTINGS = 8;
/** Pages in one part of the answer. */
const PAGE = 20;

/**
 * The names of all tags of given repositories, whatever a rule selects; one that does not exist has none. Names are worth something only together: each listing is
 * read to its end before its first page goes out. @throws TransshipError whatever a registry refuses a page with: a listing is whole or it failed.
 */
export async function* listNames(registry: Registry, ask: wire.ListNames, signal: AbortSignal): AsyncGenerator<Found> {
  const list = async (name: string, either: AbortSignal) => pagesOf(name, await namesIn(registry.repository(name), either));
  for await (const pages of inPages(flat(inParallel(ask.repositories, LISTINGS, signal, list)), PAGE)) {
    yield { $case: "names", value: { pages: [...pages] } };
  }
}

/** All tags of a repository, each once; the whole listing again where a page fails for now. */
async function namesIn(repository: Repository, signal: AbortSignal): Promise<string[]> {
  return await tryPatiently("target", signal, async () => {
    const names = new Set<string>();
    try {
      for await (const page of repository.tags({ signal })) for (const tag of page) names.add(tag);
    } catch (thrown) {
      if (thrown instanceof TransshipError && thrown.code === "NAME_UNKNOWN" && names.size === 0) return [];
      throw thrown;
    }
    return [...names];
  });
}

function pagesOf(repository: string, tags: readonly string[]): wire.NamesPage[] {
  const count = Math.max(1, Math.ceil(tags.length / TAGS));
  return Array.from({ length: count }, (_, page) => ({
    repository,
    page,
    last: page === count - 1,
    tags: tags.slice(page * TAGS, (page + 1) * TAGS),
  }));
}

async function* flat<T>(lists: AsyncIterable<readonly T[]>): AsyncGenerator<T> {
  for await (const list of lists) yield* list;
}
