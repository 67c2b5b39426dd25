import { TransshipError } from "@transship/errors";
import { subjectOfTag } from "@transship/model";
import type { Repository } from "@transship/oci";
import { factsNeeded, type Refusal, refuseBelonging, refuseFacts, refuseTagName, type TagFacts } from "@transship/planner";
import { eachOnce } from "./each-once.ts";
import { inParallel } from "./in-parallel.ts";
import { type Finding, type Listing, refusedFinding } from "./listing.ts";
import { pickNewest } from "./pick-newest.ts";
import { FactsReader } from "./read-facts.ts";

/** A tag whose facts are known. */
export type KnownTag = TagFacts & { readonly digest: string };
/** A tag that a filter has looked at. */
export type Judged = { readonly tag: KnownTag } | { readonly tag: TagFacts; readonly refusal: Refusal };

/**
 * The tags of a repository that match, then the tags that belong to their digests. Names are judged before anything is asked about them, facts before what is newest.
 * @throws TransshipError `NAME_UNKNOWN` where the repository does not exist, and whatever the registry says when a page is refused.
 */
export async function* listRepository(repository: Repository, listing: Listing, lookUps: number): AsyncGenerator<Finding> {
  const { selection, signal } = listing;
  const { newest } = selection.spec.tags ?? {};
  const reader = new FactsReader(repository, factsNeeded(selection));
  const belonging: { readonly tag: string; readonly subject: string }[] = [];
  const digests = new Set<string>();
  const named = judgeNames(repository, listing, (tag, subject) => belonging.push({ tag, subject }));
  const judge = async (name: NamedTag, either: AbortSignal): Promise<Judged[]> => {
    if (name.refusal !== undefined) return [{ tag: { tag: name.tag }, refusal: name.refusal }];
    const tag = await reader.read(name.tag, either);
    const refusal = tag && refuseFacts(selection, tag, listing.now);
    return tag === undefined ? [] : refusal === undefined ? [{ tag }] : [{ tag, refusal }];
  };
  const judged = newest === undefined ? inParallel(named, lookUps, signal, judge) : pickNewest(named, { listing, newest, lookUps, judge });
  for await (const some of judged) {
    for (const one of some) {
      if ("refusal" in one) yield* refusedFinding(listing, repository.name, one.tag.tag, one.refusal);
      else {
        digests.add(one.tag.digest);
        yield { found: { repository: repository.name, tag: one.tag.tag, digest: one.tag.digest } };
      }
    }
  }
  yield* listBelonging(repository, listing, lookUps, belonging, digests);
}

/** A tag whose name alone has been judged. */
export interface NamedTag {
  readonly tag: string;
  readonly refusal: Refusal | undefined;
}

async function* judgeNames(
  repository: Repository,
  { selection, explain, signal }: Listing,
  belongs: (tag: string, subject: string) => void,
): AsyncGenerator<NamedTag> {
  for await (const tag of namesOf(repository, signal)) {
    const subject = subjectOfTag(tag);
    if (subject !== undefined) {
      belongs(tag, subject);
      continue;
    }
    const refusal = refuseTagName(selection, tag);
    if (refusal === undefined || explain) yield { tag, refusal };
  }
}

/** The names of all tags. A later page that is not there is no repository that vanished: the listing broke. */
async function* namesOf(repository: Repository, signal: AbortSignal): AsyncGenerator<string> {
  let begun = false;
  try {
    for await (const tag of eachOnce(() => repository.tags({ signal }), signal)) {
      begun = true;
      yield tag;
    }
  } catch (thrown) {
    if (!begun || !(thrown instanceof TransshipError) || thrown.code !== "NAME_UNKNOWN") throw thrown;
    throw new TransshipError("RESPONSE_MALFORMED", {
      what: thrown.what,
      why: "after some of them the registry says that there is no such repository",
      cause: thrown,
    });
  }
}

/** Tags that belong to a digest (signatures, fallback referrers) come only with a selected tag of that digest, whatever the filters say. */
async function* listBelonging(
  repository: Repository,
  listing: Listing,
  lookUps: number,
  belonging: readonly { readonly tag: string; readonly subject: string }[],
  digests: ReadonlySet<string>,
): AsyncGenerator<Finding> {
  const reader = new FactsReader(repository, { kind: false, time: false });
  const read = async ({ tag, subject }: { readonly tag: string; readonly subject: string }, either: AbortSignal): Promise<Finding[]> => {
    if (!digests.has(subject)) return refusedFinding(listing, repository.name, tag, refuseBelonging(subject));
    const known = await reader.read(tag, either);
    return known === undefined ? [] : [{ found: { repository: repository.name, tag, digest: known.digest } }];
  };
  for await (const findings of inParallel(belonging, lookUps, listing.signal, read)) yield* findings;
}

/** The tags of a repository, or nothing where it has vanished since the catalogue was read. */
export async function* listRepositoryIfThere(repository: Repository, listing: Listing, lookUps: number): AsyncGenerator<Finding> {
  try {
    yield* listRepository(repository, listing, lookUps);
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || thrown.code !== "NAME_UNKNOWN") throw thrown;
  }
}
