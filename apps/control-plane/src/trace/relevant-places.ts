import type { ArtifactPlace } from "@transship/model";
import type { Look } from "./look-at-places.ts";
import { placeKey } from "./place-key.ts";
import type { Provenance } from "./read-provenance.ts";
import type { Flow } from "./walk-flow.ts";

/**
 * Which places of a flow have to do with the image: those that were asked for, that have it or could not be asked, that something is remembered of, the parents in a
 * tree of these, and wherever something leads from one of them. What is left out could be its source by the mapping of names alone, and has nothing.
 */
export async function relevantPlaces(
  { places, legs }: Flow,
  starts: readonly ArtifactPlace[],
  looks: ReadonlyMap<string, Look>,
  memory: (place: ArtifactPlace) => Promise<Provenance>,
): Promise<Set<string>> {
  const relevant = new Set(starts.map(placeKey));
  for (const [key, place] of places) {
    const look = looks.get(key);
    const { arrival, tasks } = await memory(place);
    if (look !== undefined && "digest" in look && look.digest !== undefined) relevant.add(key);
    if (arrival !== undefined || tasks.length > 0) relevant.add(key);
  }
  for (let before = -1; before !== relevant.size; ) {
    before = relevant.size;
    for (const { rule, from, to, refusal } of legs) {
      if (to === undefined) continue;
      if (rule.edge !== undefined && relevant.has(placeKey(to))) relevant.add(placeKey(from));
      if (refusal === undefined && relevant.has(placeKey(from))) relevant.add(placeKey(to));
    }
  }
  return relevant;
}
