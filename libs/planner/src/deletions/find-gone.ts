import { type Arrival, artifactName, type RuleSpec, subjectOfTag } from "@transship/model";
import type { NamesListing } from "./names-listing.ts";
import { type RepositoryGroup, tagSelectionOf } from "./repository-groups.ts";

/** What is known of the names in a group of repositories. */
export interface GroupNames {
  readonly group: RepositoryGroup;
  /** Listings of all of the group's source repositories, in their order. */
  readonly atSource: readonly NamesListing[];
  readonly atTarget: NamesListing;
  /** What rules brought to the target's repository, whichever they are. */
  readonly arrivals: readonly Arrival[];
}

/** A tag of the target that the source does not have. */
export interface GoneTag {
  readonly source: { readonly repository: string; readonly tag: string };
  readonly target: { readonly repository: string; readonly tag: string };
  /** What this rule brought there; undefined = nothing. */
  readonly brought: string | undefined;
  /**
   * Deleted only while it is what this rule brought: the rule replaces only its own or nothing, or selects by more than names, or the repository vanished at the
   * source. Never so without anything brought: such a tag is not this rule's at all.
   */
  readonly onlyBrought: boolean;
}

/** The tags of one repository of the target, sorted out by name. */
export interface GoneTags {
  readonly gone: readonly GoneTag[];
  /** Tags that the rule has there and that the source has too. */
  readonly kept: number;
}

/**
 * The tags of a target's repository that the rule's mapping leads to and the source no longer has. Tags that another rule brought are not this rule's to delete,
 * and tags that belong to a digest (signatures, lists of referrers) are not names of anything that the source could have deleted.
 * Undefined where any of the listings is not whole.
 */
export function findGone(
  rule: { readonly name: string; readonly spec: RuleSpec },
  { group, atSource, atTarget, arrivals }: GroupNames,
  scope?: ReadonlySet<string>,
): GoneTags | undefined {
  const names = atSource.map((listing) => (listing.whole ? listing.tags : undefined));
  if (!atTarget.whole || names.length !== group.sources.length || names.includes(undefined)) return undefined;
  const selection = tagSelectionOf(rule.spec);
  const brought = new Map(arrivals.map((arrival) => [arrival.target.tag, arrival]));
  const onlyBrought = rule.spec.overwrite !== "always" || !selection.byNameOnly || names.some((tags) => tags?.size === 0);
  const gone: GoneTag[] = [];
  let kept = 0;
  for (const tag of atTarget.tags) {
    if (subjectOfTag(tag) !== undefined || !selection.matches(tag)) continue;
    if (names.some((tags) => tags?.has(tag))) {
      kept += 1;
      continue;
    }
    const arrival = brought.get(tag);
    if (arrival !== undefined && arrival.rule !== rule.name) continue;
    const ours = arrival?.source.instance === rule.spec.source.instance ? arrival : undefined;
    if (onlyBrought && ours === undefined) continue;
    const source = placeAtSource(group, tag, ours, scope);
    if (source !== undefined) gone.push({ source, target: { repository: group.target, tag }, brought: ours?.digest, onlyBrought });
  }
  return { gone, kept };
}

/** Where the tag was, for the last look at the source; undefined where it is outside of what is asked about. */
function placeAtSource(
  { sources }: RepositoryGroup,
  tag: string,
  arrival: Arrival | undefined,
  scope: ReadonlySet<string> | undefined,
): { repository: string; tag: string } | undefined {
  const places = sources.map((repository) => ({ repository, tag }));
  const inScope = scope === undefined ? places : places.filter((place) => scope.has(artifactName(place)));
  return inScope.find(({ repository }) => repository === arrival?.source.repository) ?? inScope[0];
}
