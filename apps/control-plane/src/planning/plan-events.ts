import { wire } from "@transship/api";
import { PLAN_REASONS, type PlanAction, type PlanItem, type Rule } from "@transship/model";
import type { SavedItem, Store } from "@transship/store";
import type { PlanDesk } from "./both-ways.ts";
import { cappedFailure } from "./capped-failure.ts";
import { FoundConflicts } from "./found-conflicts.ts";
import { planDeletions, type TargetDeletions } from "./plan-deletions.ts";
import { type ItemBytes, PlanMeasure } from "./plan-measure.ts";
import { planPages } from "./plan-pages.ts";
import { PlanRoutes } from "./plan-routes.ts";
import { ruleInstances } from "./rule-instances.ts";
import type { PlanSaver } from "./save-plan.ts";
import { type RouteDesk, waitForRoute } from "./wait-for-route.ts";

/** Copies that are measured at most; the bytes of those beyond are not known, and 0. */
const MOST_MEASURED = 20_000;

/**
 * What a run of the rule would do, item by item, then the sums. `all`: also what the rule does not select, and why. `saver`: keeps the plan too, without what is not
 * selected. Moves nothing.
 */
export async function* planEvents(
  anyDesk: PlanDesk & RouteDesk & { readonly store: Store },
  rule: Rule,
  all: boolean,
  signal: AbortSignal,
  saver?: PlanSaver,
): AsyncGenerator<wire.PlanEvent> {
  const desk = { ...anyDesk, selector: rule.spec.agents };
  const instances = await ruleInstances(desk.store.topology, rule);
  await waitForRoute(desk, instances, false, signal);
  const measure = new PlanMeasure(desk, instances, rule.spec.platforms, signal);
  const summary = { copy: 0, skip: 0, unchanged: 0, bytes: 0, existingBytes: 0, repositories: 0, delete: 0, capped: 0 };
  let repositories: ReadonlySet<string> = new Set();
  let entries = 0;
  let refused = 0;
  const conflicts = new FoundConflicts();
  const routes = new PlanRoutes(desk, instances);
  for await (const page of planPages(desk, rule, instances, signal, undefined, { explain: all })) {
    const copies = page.items.filter((item) => item.action === "copy");
    const measured = copies.slice(0, Math.max(0, MOST_MEASURED - summary.copy));
    const bytes = new Map<PlanItem, ItemBytes>();
    for (const [index, sizes] of (await measure.measure(measured)).entries()) {
      const item = measured[index];
      if (item !== undefined) bytes.set(item, sizes);
      summary.bytes += sizes.crossing;
      summary.existingBytes += sizes.existing;
    }
    summary.copy += copies.length;
    summary.skip += page.items.length - copies.length;
    summary.unchanged += page.unchanged;
    summary.repositories = page.repositories;
    await saver?.add(page.items.map((item) => savedItem(item, bytes.get(item))));
    refused += page.refused.length;
    conflicts.add(page.bothSides.conflicts);
    repositories = page.names;
    entries += page.entries;
    for (const item of page.items) yield { event: { $case: "item", value: itemMessage(item, bytes.get(item), routes.of(item)) } };
    for (const tag of page.refused) yield { event: { $case: "item", value: refusedMessage(rule.spec.source.instance, tag) } };
  }
  const capped: TargetDeletions[] = [];
  for await (const deletions of planDeletions(desk, rule, instances, { listing: { whole: true, entries }, repositories }, signal)) {
    if (deletions.capped > 0) capped.push(deletions);
    summary.capped += deletions.capped;
    await saver?.add(deletions.items.map((item) => savedItem(item, undefined)));
    for (const item of deletions.items) {
      if (item.action === "delete") summary.delete += 1;
      else summary.skip += 1;
      yield { event: { $case: "item", value: itemMessage(item, undefined) } };
    }
  }
  const leftOut = conflicts.failure(capped.length === 0 ? undefined : cappedFailure(rule, capped));
  await saver?.finish({ ...summary, conflicts: conflicts.count, leftOut });
  const sums = { ...summary, ...(conflicts.count > 0 ? { conflicts: conflicts.count } : {}), ...(all ? { refused } : {}) };
  yield { event: { $case: "summary", value: { ...sums, planId: saver?.id ?? "" } } };
}

function savedItem(item: PlanItem, bytes: ItemBytes | undefined): SavedItem {
  return { ...item, bytes: bytes?.crossing ?? 0, existingBytes: bytes?.existing ?? 0 };
}

function refusedMessage(instance: string, { repository, tag, reason, explanation }: wire.RefusedTag): wire.PlanItem {
  const source = { instance, repository, tag };
  return {
    source,
    target: undefined,
    digest: "",
    action: wire.PlanAction.SKIP,
    reason,
    explanation,
    bytes: 0,
    existingBytes: 0,
    route: "",
  };
}

const ACTIONS = {
  copy: wire.PlanAction.COPY,
  skip: wire.PlanAction.SKIP,
  delete: wire.PlanAction.DELETE,
} as const satisfies Record<PlanAction, wire.PlanAction>;

/** A plan item as a message. `route`: who would do it now, where that is known. */
export function itemMessage(item: PlanItem, bytes: ItemBytes | undefined, route = ""): wire.PlanItem {
  return {
    source: { ...item.source },
    target: { ...item.target },
    digest: item.digest,
    action: ACTIONS[item.action],
    reason: item.reason,
    explanation: item.detail ?? PLAN_REASONS[item.reason],
    bytes: bytes?.crossing ?? 0,
    existingBytes: bytes?.existing ?? 0,
    atTarget: item.atTarget,
    base: item.base,
    facing: item.facing,
    route,
  };
}
