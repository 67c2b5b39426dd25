import { type ListingWishes, listTagsToMessage, type wire } from "@transship/api";
import { type Side, TransshipError } from "@transship/errors";
import type { Instance, InventoryEntry, TagReference } from "@transship/model";
import { gatherNames, type NamesListing, type NamesPage, type Selection } from "@transship/planner";
import { askNearest, type Desk } from "./ask-nearest.ts";
import type { Ask, Found } from "./questions.ts";

/** A page of what a rule selects. */
export interface ListedPage {
  readonly entries: readonly InventoryEntry[];
  /** What it does not select, where reasons were asked for. */
  readonly refused: readonly wire.RefusedTag[];
}

/**
 * Everything at an instance that a rule selects, page by page. The agent selects and pages: at most 500 tags each.
 * @throws TransshipError `UNSUPPORTED` where the agent is too old to apply what the rule asks for.
 */
export async function* listTags(
  desk: Desk,
  source: Instance,
  rule: Selection,
  wishes: ListingWishes,
  signal: AbortSignal,
): AsyncGenerator<ListedPage> {
  const value = listTagsToMessage(rule, wishes);
  for await (const found of askNearest(desk, source, "source", { $case: "listTags", value }, signal)) {
    const { tags, refused, selectionApplied } = foundOf(found, "tags");
    if (value.selection !== undefined && selectionApplied !== true) throw tooOld(source);
    yield { entries: tags, refused: refused?.tags ?? [] };
  }
}

function tooOld(source: Instance): TransshipError {
  return new TransshipError("UNSUPPORTED", {
    what: `listing ${source.name}`,
    why: "the agent that lists it is too old to apply the rule's filters",
    hint: "Bring the agent to the control plane's version.",
    side: "source",
  });
}

/** The digests of tags at an instance, by `repository:tag`; tags that do not exist are missing. */
export async function resolveTags(
  desk: Desk,
  instance: Instance,
  tags: readonly TagReference[],
  signal: AbortSignal,
  side: Side = "target",
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  if (tags.length === 0) return digests;
  for await (const found of askNearest(desk, instance, side, { $case: "resolveTags", value: { tags: [...tags] } }, signal)) {
    for (const tag of foundOf(found, "tags").tags) digests.set(`${tag.repository}:${tag.tag}`, tag.digest);
  }
  return digests;
}

/** The names of all tags of given repositories, and of each whether that is all of them. */
export async function listNames(
  desk: Desk,
  instance: Instance,
  side: Side,
  repositories: readonly string[],
  signal: AbortSignal,
): Promise<Map<string, NamesListing>> {
  const pages: NamesPage[] = [];
  if (repositories.length > 0) {
    const ask: Ask = { $case: "listNames", value: { repositories: [...repositories] } };
    for await (const found of askNearest(desk, instance, side, ask, signal)) pages.push(...foundOf(found, "names").pages);
  }
  return gatherNames(repositories, pages);
}

/** The blobs of artifacts at an instance, each blob of an artifact once; of indexes those of the given platforms, none = all. */
export async function measureArtifacts(
  desk: Desk,
  source: Instance,
  artifacts: readonly wire.ArtifactDigest[],
  platforms: readonly string[],
  signal: AbortSignal,
): Promise<wire.FoundArtifact[]> {
  const all: wire.FoundArtifact[] = [];
  if (artifacts.length === 0) return all;
  const ask: Ask = { $case: "measureArtifacts", value: { artifacts: [...artifacts], platforms: [...platforms] } };
  for await (const found of askNearest(desk, source, "source", ask, signal)) all.push(...foundOf(found, "artifacts").artifacts);
  return all;
}

/** When images at an instance were created, in milliseconds since 1970, by `repository@digest`; those of which it is not known are missing. */
export async function createdTimes(
  desk: Desk,
  instance: Instance,
  side: Side,
  artifacts: readonly wire.ArtifactDigest[],
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const times = new Map<string, number>();
  if (artifacts.length === 0) return times;
  const ask: Ask = { $case: "measureArtifacts", value: { artifacts: [...artifacts], platforms: [], created: true } };
  for await (const found of askNearest(desk, instance, side, ask, signal)) {
    for (const { artifact, createdMs } of foundOf(found, "artifacts").artifacts) {
      if (artifact !== undefined && createdMs !== undefined) times.set(`${artifact.repository}@${artifact.digest}`, createdMs);
    }
  }
  return times;
}

/** Which of the given blobs a repository lacks. */
export async function findMissing(
  desk: Desk,
  target: Instance,
  repository: string,
  digests: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const missing = new Set<string>();
  if (digests.length === 0) return missing;
  const ask: Ask = { $case: "findMissing", value: { repository, digests: [...digests] } };
  for await (const found of askNearest(desk, target, "target", ask, signal)) {
    for (const digest of foundOf(found, "missing").digests) missing.add(digest);
  }
  return missing;
}

type FoundValues = { readonly [F in Found as F["$case"]]: F["value"] };

/** What was found, where it is of the kind that was asked for. @throws TransshipError `INTERNAL` otherwise. */
export function foundOf<Kind extends Found["$case"]>(found: Found, kind: Kind): FoundValues[Kind] {
  const value: unknown = found.value;
  if (found.$case === kind) return value as FoundValues[Kind];
  throw new TransshipError("INTERNAL", { what: "the answer of an agent", why: `it tells of ${found.$case} instead of ${kind}` });
}
