import { asTransshipError, TransshipError } from "@transship/errors";
import { type Instance, subjectOfTag } from "@transship/model";
import type { NamesListing } from "@transship/planner";
import type { Desk } from "../work/ask-nearest.ts";
import { listNames, listTags } from "../work/look-up.ts";

/** A tag that a side has and its source does not. */
export interface ExtraTag {
  readonly repository: string;
  readonly tag: string;
  /** The repository at the source where it would be. */
  readonly sourceRepository: string;
}

/** No tag has a space (OCI distribution-spec 1.1, "Pulling manifests"): a listing of these comes with the names of all others, and asks for no digest. */
const NO_TAG = " ";
/** Repositories whose names are listed at the primary in one question, and the tags in them at most. */
const REPOSITORIES_A_QUESTION = 100;
const TAGS_A_QUESTION = 20_000;

/**
 * Tags of a replica whose names the primary does not have, by listings of names only. Of a repository in which the replica has as many tags as the primary was seen to
 * have there (`present`), nothing more is asked; of the others the primary's names. Tags that belong to a digest are no names that anybody gave, and are left out.
 * Memory grows with the largest repository, not with the number of tags. A replica that offers no catalogue is only looked at where it has something of the primary's;
 * `limited` is called then.
 * @throws TransshipError what a listing failed with, with its side.
 */
export async function* findExtras(
  desk: Desk & { readonly now: () => Date },
  primary: Instance,
  replica: Instance,
  present: ReadonlyMap<string, number>,
  limited: () => void,
  signal: AbortSignal,
): AsyncGenerator<ExtraTag[]> {
  try {
    yield* lackedOf(desk, primary, namesByRepository(desk, replica, signal), present, signal);
  } catch (thrown) {
    // Only the catalogue can be missing; it comes before everything else, so that nothing was found yet.
    if (!(thrown instanceof TransshipError) || thrown.code !== "UNSUPPORTED" || thrown.side !== "target") throw thrown;
    limited();
    yield* lackedOf(desk, primary, namesOf(desk, replica, [...present.keys()], signal), present, signal);
  }
}

async function* lackedOf(
  desk: Desk,
  primary: Instance,
  names: AsyncIterable<[repository: string, tags: readonly string[]]>,
  present: ReadonlyMap<string, number>,
  signal: AbortSignal,
): AsyncGenerator<ExtraTag[]> {
  let suspects: [repository: string, tags: readonly string[]][] = [];
  for await (const [repository, tags] of names) {
    if (tags.length === present.get(repository)) continue;
    suspects.push([repository, tags]);
    const count = suspects.reduce((sum, [, names]) => sum + names.length, 0);
    if (suspects.length < REPOSITORIES_A_QUESTION && count < TAGS_A_QUESTION) continue;
    yield await lackedBy(desk, primary, suspects, signal);
    suspects = [];
  }
  if (suspects.length > 0) yield await lackedBy(desk, primary, suspects, signal);
}

async function* namesByRepository(
  desk: Desk & { readonly now: () => Date },
  replica: Instance,
  signal: AbortSignal,
): AsyncGenerator<[repository: string, tags: readonly string[]]> {
  const wishes = { now: desk.now().getTime(), explain: true, inOrder: true };
  let open: [repository: string, tags: string[]] | undefined;
  try {
    for await (const { refused } of listTags(desk, replica, { source: { instance: replica.name, tag: NO_TAG } }, wishes, signal)) {
      for (const { repository, tag } of refused) {
        if (open?.[0] !== repository) {
          if (open !== undefined) yield open;
          open = [repository, []];
        }
        open[1].push(tag);
      }
    }
  } catch (thrown) {
    throw asTransshipError(thrown, `listing ${replica.name}`).with({ side: "target" });
  }
  if (open !== undefined) yield open;
}

async function* namesOf(
  desk: Desk,
  replica: Instance,
  repositories: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<[repository: string, tags: readonly string[]]> {
  for (let start = 0; start < repositories.length; start += REPOSITORIES_A_QUESTION) {
    const some = repositories.slice(start, start + REPOSITORIES_A_QUESTION);
    for (const [repository, listing] of await listNames(desk, replica, "target", some, signal))
      yield [repository, wholeTags(repository, listing, "target")];
  }
}

/** @throws TransshipError `RESPONSE_MALFORMED` for a listing that is not whole, from which nothing follows. */
function wholeTags(repository: string, listing: NamesListing | undefined, side: "source" | "target"): string[] {
  if (listing?.whole === true) return [...listing.tags];
  throw new TransshipError("RESPONSE_MALFORMED", {
    what: `listing the tags of ${repository}`,
    why: listing?.why ?? "it was not listed",
    side,
  });
}

async function lackedBy(
  desk: Desk,
  primary: Instance,
  suspects: readonly (readonly [repository: string, tags: readonly string[]])[],
  signal: AbortSignal,
): Promise<ExtraTag[]> {
  const repositories = suspects.map(([repository]) => repository);
  const names = await listNames(desk, primary, "source", repositories, signal);
  return suspects.flatMap(([repository, tags]) => {
    const known = new Set(wholeTags(repository, names.get(repository), "source"));
    const gone = tags.filter((tag) => !known.has(tag) && subjectOfTag(tag) === undefined);
    return gone.map((tag) => ({ repository, tag, sourceRepository: repository }));
  });
}
