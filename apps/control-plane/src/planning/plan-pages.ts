import type { wire } from "@transship/api";
import {
  type ArtifactPlace,
  artifactName,
  type Instance,
  type InventoryEntry,
  mayCollide,
  type PlanItem,
  type Rule,
  type RuleTarget,
  type ScopeEntry,
} from "@transship/model";
import { type Claims, claimNames, mapToTarget, mergeSubjects, type PagePlan, type SubjectFate } from "@transship/planner";
import type { Desk } from "../work/ask-nearest.ts";
import { resolveTags } from "../work/look-up.ts";
import { type BothSides, BothWays, type PlanDesk } from "./both-ways.ts";
import { broughtTo, needsBrought } from "./brought-to.ts";
import { RepositoryCount } from "./count-repositories.ts";
import { inOrder } from "./in-order.ts";
import { listSource } from "./list-source.ts";
import type { RuleInstances } from "./rule-instances.ts";

/** What a page of the source's inventory came to, for all targets of the rule. */
export interface PlannedPage {
  readonly items: readonly PlanItem[];
  /** Entries that are equal at a target. */
  readonly unchanged: number;
  /** Repositories in which something matched, in this page and those before. */
  readonly repositories: number;
  /** What the rule does not select, where that was asked for. */
  readonly refused: readonly wire.RefusedTag[];
  /** Their names, where deletions depend on them: the same set in every page, which grows. Empty for rules that do not propagate deletions. */
  readonly names: ReadonlySet<string>;
  /** Entries of this page, whatever becomes of them. */
  readonly entries: number;
  /** Where rules lead back: what was learned of tags on both sides. */
  readonly bothSides: BothSides;
}

/** Whether something was planned before and is not to be planned again. */
export type PlannedBefore = (source: ArtifactPlace, target: ArtifactPlace) => boolean;

/** How a plan is to be made. */
export interface PlanWishes {
  /** Only this part of the source; absent = all of it. */
  readonly scope?: readonly ScopeEntry[] | undefined;
  /** Also tells what the rule does not select. */
  readonly explain?: boolean;
  /** The source wins wherever both sides moved. */
  readonly settle?: boolean | undefined;
}

/** Pages whose tags are looked up at the target at the same time. */
const PAGES_AT_ONCE = 4;
/** Repositories whose decisions are remembered for digest tags. Agents list a repository's digest tags soon after its other tags. */
const REPOSITORIES_REMEMBERED = 256;

/**
 * Lists the source (with a scope: just that part of it) page by page, looks each page up at the targets and plans it. Memory does not grow with the number of tags,
 * except for rules that can give two repositories one name: these remember every name they gave.
 * @throws TransshipError what a listing or look-up failed with, with its side: a failed listing is never a short one.
 */
export async function* planPages(
  desk: PlanDesk,
  rule: Rule,
  instances: RuleInstances,
  signal: AbortSignal,
  plannedBefore: PlannedBefore = () => false,
  { scope, explain = false, settle = false }: PlanWishes = {},
): AsyncGenerator<PlannedPage> {
  const own = new AbortController();
  const either = AbortSignal.any([signal, own.signal]);
  const repositories = new RepositoryCount();
  const claims: Claims | undefined = mayCollide(rule.spec.targets) ? new Map() : undefined;
  const wishes = { now: desk.now().getTime(), explain, inOrder: claims !== undefined };
  const names = new Set<string>();
  const { arrivals } = desk.store;
  const bothWays = await BothWays.open(desk, rule);
  const needy = new Set<RuleTarget>();
  for (const target of rule.spec.targets) if (await needsBrought(arrivals, rule, target)) needy.add(target);
  const fates = new Map<RuleTarget, Map<string, Map<string, SubjectFate>>>(rule.spec.targets.map((target) => [target, new Map()]));
  try {
    const pages = inOrder(
      listSource(desk, instances.source, rule, { scope, wishes }, either),
      PAGES_AT_ONCE,
      async ({ entries, refused }) => ({
        entries,
        refused,
        there: await Promise.all(instances.targets.map(({ target, instance }) => resolve(desk, rule, target, instance, entries, either))),
      }),
    );
    for await (const { entries, refused, there } of pages) {
      repositories.add(entries.map((entry) => entry.repository));
      if (rule.spec.deletion?.propagate === true) for (const entry of entries) names.add(entry.repository);
      const items: PlanItem[] = [];
      const bothSides: BothSides = { agreed: [], conflicts: [], withdrawn: [], settled: [] };
      let unchanged = 0;
      for (const [index, { target, instance }] of instances.targets.entries()) {
        const remembered = fates.get(target) ?? new Map();
        const atTarget = there[index] ?? new Map();
        const taken = claims && claimNames(claims, rule.spec, target, entries);
        const fresh = entries.filter((entry) => !plannedBefore(...placesOf(rule, target, entry)));
        const brought = needy.has(target) ? { brought: await broughtTo(arrivals, rule, target, fresh) } : {};
        const subjects = fatesFor(remembered, entries);
        const page = { rule: rule.spec, target, entries: fresh, atTarget, subjects, taken, settle, ...brought };
        const plan = await bothWays.plan(page, { source: instances.source, target: instance }, bothSides, either);
        remember(remembered, entries, plan);
        items.push(...plan.items.map((item) => ({ ...item, atTarget: atTarget.get(artifactName(item.target)) })));
        unchanged += plan.unchanged;
      }
      yield { items, unchanged, repositories: repositories.value, refused, names, entries: entries.length, bothSides };
    }
  } finally {
    own.abort();
  }
}

function resolve(desk: Desk, rule: Rule, target: RuleTarget, instance: Instance, entries: readonly InventoryEntry[], signal: AbortSignal) {
  const names = entries.flatMap(({ repository, tag }) => {
    const name = mapToTarget(rule.spec, target, repository);
    return "refused" in name ? [] : [{ repository: name.repository, tag }];
  });
  return resolveTags(desk, instance, names, signal);
}

function placesOf(rule: Rule, target: RuleTarget, { repository, tag }: InventoryEntry): [source: ArtifactPlace, target: ArtifactPlace] {
  const there = mapToTarget(rule.spec, target, repository).repository;
  return [
    { instance: rule.spec.source.instance, repository, tag },
    { instance: target.instance, repository: there, tag },
  ];
}

function fatesFor(
  remembered: ReadonlyMap<string, ReadonlyMap<string, SubjectFate>>,
  entries: readonly InventoryEntry[],
): Map<string, SubjectFate> {
  const names = new Set(entries.map((entry) => entry.repository));
  return new Map([...names].flatMap((name) => [...(remembered.get(name) ?? [])]));
}

function remember(remembered: Map<string, Map<string, SubjectFate>>, entries: readonly InventoryEntry[], plan: PagePlan): void {
  for (const name of new Set(entries.map((entry) => entry.repository))) {
    const fates = remembered.get(name) ?? new Map<string, SubjectFate>();
    mergeSubjects(fates, new Map([...plan.subjects].filter(([key]) => key.startsWith(`${name}@`))));
    // Deleting first moves the repository to the young end of the map.
    remembered.delete(name);
    remembered.set(name, fates);
  }
  for (const oldest of remembered.keys()) {
    if (remembered.size <= REPOSITORIES_REMEMBERED) return;
    remembered.delete(oldest);
  }
}
