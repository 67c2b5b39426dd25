import { type InventoryEntry, type Rule, type RuleTarget, subjectOfTag } from "@transship/model";
import { type Brought, broughtBy, mapToTarget } from "@transship/planner";
import type { ArrivalStore } from "@transship/store";

/** Whether planning for a target depends on what the rule brought there. */
export async function needsBrought(arrivals: ArrivalStore, rule: Rule, target: RuleTarget): Promise<boolean> {
  return rule.spec.overwrite === "ours" || (await arrivals.anyInPart(rule.name, target.instance));
}

/** What the rule brought to where the entries of a page go. Of a repository with tags that belong to digests, everything: any of its tags may be their subject. */
export async function broughtTo(
  arrivals: ArrivalStore,
  rule: Rule,
  target: RuleTarget,
  entries: readonly InventoryEntry[],
): Promise<Brought> {
  const places: { repository: string; tag: string }[] = [];
  const whole = new Set<string>();
  for (const { repository, tag } of entries) {
    const name = mapToTarget(rule.spec, target, repository);
    if ("refused" in name) continue;
    if (subjectOfTag(tag) === undefined) places.push({ repository: name.repository, tag });
    else whole.add(name.repository);
  }
  const single = places.filter(({ repository }) => !whole.has(repository));
  const found = [...(await arrivals.at(target.instance, single)).values(), ...(await arrivals.in(target.instance, [...whole]))];
  return broughtBy(rule.name, found);
}
