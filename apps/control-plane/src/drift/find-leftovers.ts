import { TransshipError } from "@transship/errors";
import type { Arrival, Instance, Rule, RuleTarget } from "@transship/model";
import { groupRepositories } from "@transship/planner";
import type { Store } from "@transship/store";
import type { Desk } from "../work/ask-nearest.ts";
import { listNames } from "../work/look-up.ts";
import type { ExtraTag } from "./find-extras.ts";

/** Repositories whose names are listed in one question. */
const REPOSITORIES_A_QUESTION = 100;

/**
 * Tags that a rule once brought to a target, that are still there, and whose source has them no more: by names only. What its filters leave out by now is still at the
 * source, and no leftover.
 * @throws TransshipError what a listing failed with, with its side.
 */
export async function* findLeftovers(
  desk: Desk & { readonly store: Pick<Store, "arrivals"> },
  rule: Rule,
  target: RuleTarget,
  sides: { readonly source: Instance; readonly target: Instance },
  signal: AbortSignal,
): AsyncGenerator<ExtraTag[]> {
  const { arrivals } = desk.store;
  const groups = groupRepositories(rule.spec, target, [], await arrivals.pairs(rule.name, target.instance));
  for (let start = 0; start < groups.length; start += REPOSITORIES_A_QUESTION) {
    const some = groups.slice(start, start + REPOSITORIES_A_QUESTION);
    const names = some.map((group) => group.target);
    const sources = [...new Set(some.flatMap((group) => group.sources))];
    const [brought, atTarget, atSource] = await Promise.all([
      arrivals.in(target.instance, names),
      wholeNames(desk, sides.target, "target", names, signal),
      wholeNames(desk, sides.source, "source", sources, signal),
    ]);
    yield brought.flatMap((arrival) => leftover(rule, arrival, atTarget, atSource));
  }
}

function leftover(
  rule: Rule,
  { rule: by, source, target: { repository, tag } }: Arrival,
  atTarget: ReadonlyMap<string, ReadonlySet<string>>,
  atSource: ReadonlyMap<string, ReadonlySet<string>>,
): ExtraTag[] {
  const there = by === rule.name && source.instance === rule.spec.source.instance && atTarget.get(repository)?.has(tag) === true;
  const origin = atSource.get(source.repository);
  return there && origin !== undefined && !origin.has(tag) ? [{ repository, tag, sourceRepository: source.repository }] : [];
}

async function wholeNames(desk: Desk, instance: Instance, side: "source" | "target", repositories: readonly string[], signal: AbortSignal) {
  const found = new Map<string, ReadonlySet<string>>();
  for (const [repository, listing] of await listNames(desk, instance, side, repositories, signal)) {
    if (!listing.whole)
      throw new TransshipError("RESPONSE_MALFORMED", { what: `listing the tags of ${repository}`, why: listing.why, side });
    found.set(repository, listing.tags);
  }
  return found;
}
