import { subjectOfTag } from "@transship/model";
import { newestFirst, notNewest } from "./newest.ts";
import { type Refusal, refuse } from "./refusals.ts";
import { refuseFacts, refuseTagName } from "./refuse-tag.ts";
import { refuseRepository } from "./select-repository.ts";
import { compileSelection, type Selection } from "./selection.ts";
import type { TagFacts } from "./tag-facts.ts";

/** What a rule takes of a repository: every tag is in exactly one of the two. */
export interface SelectedTags {
  /** In the order given; digest tags (signatures, attestations) are here with a selected tag of their digest, and never count for any filter. */
  readonly selected: readonly TagFacts[];
  readonly refused: readonly { readonly facts: TagFacts; readonly refusal: Refusal }[];
}

/** Why a repository of the source is not selected; undefined where it is. @throws TransshipError `INVALID_ARGUMENT` as `compileSelection`. */
export function selectRepository(spec: Selection, repository: string): Refusal | undefined {
  return refuseRepository(compileSelection(spec), repository);
}

/**
 * Selects among all tags of a repository, whose facts the selection needs are all known. `now`: milliseconds since 1970. What an agent does step by step, so that it
 * asks the registry for little, comes to the same.
 * @throws TransshipError `INVALID_ARGUMENT` as `compileSelection`.
 */
export function selectTags(spec: Selection, repository: string, tags: readonly TagFacts[], now: number): SelectedTags {
  const selection = compileSelection(spec);
  const refusals = new Map<TagFacts, Refusal>();
  const ofRepository = refuseRepository(selection, repository);
  const own = tags.filter(({ tag }) => subjectOfTag(tag) === undefined);
  for (const facts of own) {
    const refusal = ofRepository ?? refuseTagName(selection, facts.tag) ?? refuseFacts(selection, facts, now);
    if (refusal !== undefined) refusals.set(facts, refusal);
  }
  const { newest } = spec.tags ?? {};
  const left = own.filter((facts) => !refusals.has(facts));
  const late = newest === undefined ? [] : left.sort(newestFirst(selection)).slice(newest);
  for (const facts of late) refusals.set(facts, notNewest(selection, facts));
  const digests = new Set(own.flatMap((facts) => (refusals.has(facts) ? [] : (facts.digest ?? []))));
  for (const facts of tags) {
    const subject = subjectOfTag(facts.tag);
    if (subject !== undefined && !digests.has(subject)) refusals.set(facts, ofRepository ?? refuseBelonging(subject));
  }
  return {
    selected: tags.filter((facts) => !refusals.has(facts)),
    refused: tags.flatMap((facts) => {
      const refusal = refusals.get(facts);
      return refusal === undefined ? [] : [{ facts, refusal }];
    }),
  };
}

/** Why a digest tag is left: its subject is not selected. */
export function refuseBelonging(subject: string): Refusal {
  return refuse("subject-not-selected", `it belongs to ${subject}, which no selected tag names`);
}
