import { TransshipError } from "@transship/errors";
import type { Instance, PlanItem, Rule, RuleTarget } from "@transship/model";
import {
  DeletionPlan,
  type GoneTag,
  groupRepositories,
  type NamesListing,
  type RepositoryGroup,
  type SourceListing,
} from "@transship/planner";
import type { Desk } from "../work/ask-nearest.ts";
import { listNames, resolveTags } from "../work/look-up.ts";
import { BothWays, type PlanDesk } from "./both-ways.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** Repositories whose names are listed in one question. */
const REPOSITORIES_A_QUESTION = 100;

/** The deletions of a rule at one of its targets. */
export interface TargetDeletions {
  readonly target: RuleTarget;
  readonly items: readonly PlanItem[];
  /** Tags that are left because there are more than the rule allows; 0 = none. */
  readonly capped: number;
  /** Tags that the rule has there. */
  readonly present: number;
}

/** What deletions are planned from: what the source listed, or only what an event named. */
export interface DeletionGround {
  readonly listing: SourceListing;
  /** Source repositories in which something was listed. */
  readonly repositories: Iterable<string>;
  /** Only these tags, by `repository:tag` at the source. */
  readonly scope?: ReadonlySet<string> | undefined;
}

/**
 * Plans what a rule deletes, target by target, where it asks for that. The names of all tags are listed on both sides first, whatever the rule selects of them: what
 * its filters leave out is still there.
 * @throws TransshipError what a listing failed with, with its side: from a listing that is not whole nothing is deleted.
 */
export async function* planDeletions(
  desk: PlanDesk,
  rule: Rule,
  instances: RuleInstances,
  ground: DeletionGround,
  signal: AbortSignal,
): AsyncGenerator<TargetDeletions> {
  if (rule.spec.deletion?.propagate !== true) return;
  const bothWays = await BothWays.open(desk, rule);
  for (const { target, instance } of instances.targets) {
    const plan = new DeletionPlan({ rule, target, listing: ground.listing, scope: ground.scope });
    if (!plan.isOpen) continue;
    const brought = await desk.store.arrivals.pairs(rule.name, target.instance);
    const groups = groupRepositories(rule.spec, target, ground.repositories, brought);
    for (let start = 0; start < groups.length; start += REPOSITORIES_A_QUESTION) {
      const some = groups.slice(start, start + REPOSITORIES_A_QUESTION);
      await judge(desk, plan, bothWays, some, { source: instances.source, target: instance }, signal);
    }
    yield { target, ...plan.finish() };
  }
}

async function judge(
  desk: PlanDesk,
  plan: DeletionPlan,
  bothWays: BothWays,
  groups: readonly RepositoryGroup[],
  sides: { readonly source: Instance; readonly target: Instance },
  signal: AbortSignal,
): Promise<void> {
  const names = groups.map(({ target }) => target);
  const [atSource, atTarget, arrivals] = await Promise.all([
    wholeNames(
      desk,
      sides.source,
      "source",
      groups.flatMap(({ sources }) => sources),
      signal,
    ),
    wholeNames(desk, sides.target, "target", names, signal),
    desk.store.arrivals.in(sides.target.name, names),
  ]);
  const byRepository = Map.groupBy(arrivals, (arrival) => arrival.target.repository);
  const gone: GoneTag[] = [];
  for (const group of groups) {
    const known = {
      group,
      atSource: group.sources.map((name) => atSource.get(name) ?? UNKNOWN),
      atTarget: atTarget.get(group.target) ?? UNKNOWN,
      arrivals: byRepository.get(group.target) ?? [],
    };
    gone.push(...plan.gone(known));
  }
  const places = gone.map(({ target }) => target);
  const had = await bothWays.hadAtSource(gone, sides);
  plan.judge(gone, await resolveTags(desk, sides.target, places, signal), had);
}

const UNKNOWN: NamesListing = { whole: false, why: "it was not listed" };

async function wholeNames(
  desk: Desk,
  instance: Instance,
  side: "source" | "target",
  repositories: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, NamesListing>> {
  const listings = await listNames(desk, instance, side, repositories, signal);
  for (const [repository, listing] of listings) {
    if (listing.whole) continue;
    throw new TransshipError("RESPONSE_MALFORMED", { what: `listing the tags of ${repository}`, why: listing.why, side });
  }
  return listings;
}
