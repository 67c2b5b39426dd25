import { createHash } from "node:crypto";
import { TransshipError } from "@transship/errors";
import { artifactName, type PlanItem, type Rule } from "@transship/model";
import type { SavedPlan, Store } from "@transship/store";
import type { PlanDesk } from "./both-ways.ts";
import { planDeletions } from "./plan-deletions.ts";
import { planPages } from "./plan-pages.ts";
import { type RuleInstances, ruleInstances } from "./rule-instances.ts";
import { savedPages, specText } from "./save-plan.ts";
import { type RouteDesk, waitForRoute } from "./wait-for-route.ts";

/** Differences that are told. */
const MOST_TOLD = 5;

/**
 * Plans the rule of a saved plan again and compares: same items, deletions among them, same digests at the source and at the target, same actions, same digests that
 * may be replaced. Artifacts that are equal on both sides are no items; how many there are may change. Keeps some hundred bytes of memory for each item.
 * @throws TransshipError `PLAN_STALE` with the first differences; what planning throws.
 */
export async function checkPlan(
  anyDesk: PlanDesk & RouteDesk & { readonly store: Store },
  plan: SavedPlan,
  signal: AbortSignal,
): Promise<void> {
  const rule = await anyDesk.store.topology.getRunnable(plan.rule);
  const desk = { ...anyDesk, selector: rule.spec.agents };
  if (specText(rule) !== plan.ruleSpec) throw stale(plan, [`rule ${plan.rule} was changed since`]);
  const instances = await ruleInstances(desk.store.topology, rule);
  await waitForRoute(desk, instances, false, signal);
  const saved = new Map<string, string>();
  for await (const items of savedPages(desk.store, plan.id)) for (const item of items) saved.set(placesOf(item), printOf(item));
  const differences: string[] = [];
  for await (const items of itemsAnew(desk, rule, instances, signal)) {
    for (const item of items) {
      const known = saved.get(placesOf(item));
      saved.delete(placesOf(item));
      if (known === undefined) differences.push(`${nameOf(item)} is new (${item.action}: ${item.reason})`);
      else if (known !== printOf(item)) differences.push(`${nameOf(item)} is another now (${item.action}: ${item.reason})`);
    }
    if (differences.length >= MOST_TOLD) break;
  }
  if (differences.length < MOST_TOLD && saved.size > 0) differences.push(...(await goneOf(desk.store, plan, saved)));
  if (differences.length > 0) throw stale(plan, differences.slice(0, MOST_TOLD));
}

/** What a run would do now, page by page; what it deletes comes when the source's listing has ended whole. */
async function* itemsAnew(
  desk: PlanDesk & RouteDesk & { readonly store: Store },
  rule: Rule,
  instances: RuleInstances,
  signal: AbortSignal,
): AsyncGenerator<readonly PlanItem[]> {
  let repositories: ReadonlySet<string> = new Set();
  let entries = 0;
  for await (const page of planPages(desk, rule, instances, signal)) {
    repositories = page.names;
    entries += page.entries;
    yield page.items;
  }
  const ground = { listing: { whole: true, entries }, repositories };
  for await (const { items } of planDeletions(desk, rule, instances, ground, signal)) yield items;
}

/** Items that would not be planned any more. */
async function goneOf(store: Store, plan: SavedPlan, left: ReadonlyMap<string, string>): Promise<string[]> {
  const gone: string[] = [];
  for await (const items of savedPages(store, plan.id)) {
    for (const item of items) if (left.has(placesOf(item))) gone.push(`${nameOf(item)} needs nothing any more, or is gone`);
    if (gone.length >= MOST_TOLD) break;
  }
  return gone;
}

function stale(plan: SavedPlan, differences: readonly string[]): TransshipError {
  return new TransshipError("PLAN_STALE", { what: `running plan ${plan.id}`, why: `it no longer holds: ${differences.join("; ")}` });
}

/** Hashes, so that a plan of many long names is small in memory. */
function placesOf({ source, target }: PlanItem): string {
  return hash([source.instance, source.repository, source.tag, target.instance, target.repository, target.tag]);
}

function printOf({ digest, atTarget, action, reason, expected, refill }: PlanItem): string {
  return hash([digest, atTarget ?? "", action, reason, expected ?? "", refill === true ? "refill" : ""]);
}

function hash(parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("base64").slice(0, 22);
}

function nameOf({ source, target }: PlanItem): string {
  return `${artifactName(source)} for ${target.instance}`;
}
