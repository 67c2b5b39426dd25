import { type ArtifactPlace, isDigestReference, PLAN_REASONS, type Rule, type RuleTarget } from "@transship/model";
import {
  type CompiledSelection,
  compileSelection,
  mapToTarget,
  refuseRepository,
  refuseTagName,
  sourceRepository,
} from "@transship/planner";
import { placeKey } from "./place-key.ts";

/** A rule or edge that leads, or would lead, from one place to another. */
export interface Leg {
  readonly rule: Rule;
  readonly from: ArtifactPlace;
  /** Undefined where the rule gives the repository no place. */
  readonly to: ArtifactPlace | undefined;
  /** Why the rule does not take it, by its name; undefined = by its name it does. */
  readonly refusal: { readonly reason: string; readonly explanation: string } | undefined;
}

/** All places that an image may have, and what leads from one to the other. */
export interface Flow {
  readonly places: ReadonlyMap<string, ArtifactPlace>;
  readonly legs: readonly Leg[];
  /** There are more. */
  readonly cut: boolean;
}

/** Where something that is at a place may have been brought from, as far as somebody remembers. */
export type Origins = (place: ArtifactPlace) => Promise<readonly { readonly rule: string; readonly repository: string }[]>;

/** Places of one image, at most. */
export const MOST_PLACES = 500;

/** Follows rules and edges from some places forward and back, names mapped both ways, transitively. Ends in every circle. */
export async function walkFlow(starts: readonly ArtifactPlace[], rules: readonly Rule[], origins: Origins): Promise<Flow> {
  const places = new Map<string, ArtifactPlace>();
  const waiting: ArtifactPlace[] = [];
  const legs: Leg[] = [];
  let cut = false;
  const compiled = new Map(rules.map((rule) => [rule, compileSelection(rule.spec)]));
  const add = (place: ArtifactPlace, goOn: boolean) => {
    const key = placeKey(place);
    if (!places.has(key) && places.size >= MOST_PLACES) {
      cut = true;
      return;
    }
    places.set(key, place);
    if (goOn && !walked.has(key)) waiting.push(place);
  };
  const walked = new Set<string>();
  for (const start of starts) add(start, true);
  for (let place = waiting.shift(); place !== undefined; place = waiting.shift()) {
    if (walked.has(placeKey(place))) continue;
    walked.add(placeKey(place));
    for (const [rule, selection] of compiled) {
      for (const leg of legsFrom(place, rule, selection)) {
        legs.push(leg);
        if (leg.to !== undefined) add(leg.to, leg.refusal === undefined);
      }
    }
    const remembered = await origins(place);
    for (const [rule, selection] of compiled) for (const source of sourcesOf(place, rule, selection, remembered)) add(source, true);
  }
  return { places, legs, cut };
}

function legsFrom(from: ArtifactPlace, rule: Rule, selection: CompiledSelection): Leg[] {
  if (rule.spec.source.instance !== from.instance) return [];
  const refusal = refuseRepository(selection, from.repository) ?? refuseName(selection, from.tag);
  return rule.spec.targets.map((target): Leg => {
    const name = mapToTarget(rule.spec, target, from.repository);
    const nowhere = "refused" in name ? { reason: name.refused, explanation: PLAN_REASONS[name.refused] } : undefined;
    const misses = refuseRepository(selection, from.repository) !== undefined || nowhere !== undefined;
    const to = misses ? undefined : { instance: target.instance, repository: name.repository, tag: from.tag };
    return { rule, from, to, refusal: refusal ?? nowhere };
  });
}

/** Filters of tags say nothing of a digest. */
function refuseName(selection: CompiledSelection, reference: string) {
  return isDigestReference(reference) ? undefined : refuseTagName(selection, reference);
}

function sourcesOf(
  place: ArtifactPlace,
  rule: Rule,
  selection: CompiledSelection,
  remembered: Awaited<ReturnType<Origins>>,
): ArtifactPlace[] {
  const targets = rule.spec.targets.filter(({ instance }) => instance === place.instance);
  if (targets.length === 0 || refuseName(selection, place.tag) !== undefined) return [];
  const { instance } = rule.spec.source;
  const byName = targets.flatMap((target) => sourceRepository(rule.spec, target, place.repository) ?? []);
  const byMemory = remembered.flatMap((origin) =>
    origin.rule === rule.name && leads(rule, targets, origin.repository, place) ? origin.repository : [],
  );
  return [...new Set([...byName, ...byMemory])]
    .filter((repository) => refuseRepository(selection, repository) === undefined)
    .map((repository) => ({ instance, repository, tag: place.tag }));
}

function leads(rule: Rule, targets: readonly RuleTarget[], repository: string, place: ArtifactPlace): boolean {
  return targets.some((target) => mapToTarget(rule.spec, target, repository).repository === place.repository);
}
