import type { wire } from "@transship/api";
import type { Registry } from "@transship/oci";
import { inPages } from "./in-pages.ts";
import { inParallel } from "./in-parallel.ts";
import { interleave } from "./interleave.ts";
import { catalogueRepositories, type NamedRepository, namedRepositories } from "./list-repositories.ts";
import { listRepository, listRepositoryIfThere } from "./list-repository.ts";
import { type Finding, type Listing, openListing, refusedFinding } from "./listing.ts";
import type { Found } from "./questions.ts";

/** Tags in one part of the answer, refused ones included. */
const PAGE = 500;
/** In the first part, so that the first copy of a long listing begins soon. */
const FIRST_PAGE = 16;
/** Tags that are asked about at once, over all repositories. */
const LOOK_UPS = 48;
/** Repositories that are listed at once; each gets its share of the look-ups. */
const REPOSITORIES = 4;

/**
 * Everything that a rule selects, with digests; and what it refuses, with reasons, where that is asked. Repositories that the rule names plainly are looked up as they
 * are; any other pattern needs the registry's catalogue.
 * @throws TransshipError `NAME_UNKNOWN` where a repository named plainly does not exist, `UNSUPPORTED` where there is no catalogue, and whatever the registry
 * says when a page is refused: a listing is whole or it failed.
 */
export async function* listTags(registry: Registry, ask: wire.ListTags, signal: AbortSignal): AsyncGenerator<Found> {
  const listing = openListing(ask, signal);
  for await (const page of inPages(findings(registry, ask, listing), PAGE, { first: FIRST_PAGE })) {
    const tags = page.flatMap((one) => ("found" in one ? [one.found] : []));
    const refused = page.flatMap((one) => ("refused" in one ? [one.refused] : []));
    const said =
      ask.selection === undefined ? {} : { selectionApplied: true, ...(refused.length === 0 ? {} : { refused: { tags: refused } }) };
    yield { $case: "tags", value: { tags, ...said } };
  }
}

async function* findings(registry: Registry, ask: wire.ListTags, listing: Listing): AsyncGenerator<Finding> {
  const named = namedRepositories(listing, ask.selection?.onlyRepository ?? "");
  const [first] = named ?? [];
  if (named?.length === 1 && first !== undefined) {
    yield* refusedOr(listing, first, () => listRepository(registry.repository(first.name), listing, LOOK_UPS));
    return;
  }
  const list = named === undefined ? listRepositoryIfThere : listRepository;
  const open = (one: NamedRepository) =>
    refusedOr(listing, one, () => list(registry.repository(one.name), listing, LOOK_UPS / REPOSITORIES));
  const repositories = each(named ?? catalogueRepositories(registry, listing));
  if (ask.selection?.inOrder !== true) return yield* interleave(repositories, REPOSITORIES, open);
  const whole = async (one: NamedRepository) => Array.fromAsync(open(one));
  for await (const some of inParallel(repositories, REPOSITORIES, listing.signal, whole)) yield* some;
}

async function* refusedOr(
  listing: Listing,
  { name, refusal }: NamedRepository,
  list: () => AsyncIterable<Finding>,
): AsyncGenerator<Finding> {
  if (refusal === undefined) yield* list();
  else yield* refusedFinding(listing, name, "", refusal);
}

async function* each<T>(items: Iterable<T> | AsyncIterable<T>): AsyncGenerator<T> {
  yield* items;
}
