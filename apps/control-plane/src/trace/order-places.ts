import { wire } from "@transship/api";
import type { ArtifactPlace } from "@transship/model";
import { placeKey } from "./place-key.ts";

/** A place and how many steps it is from where the flow begins. */
export interface OrderedPlace {
  readonly place: ArtifactPlace;
  readonly depth: number;
}

/** Places along the flow: each below what leads to it, nearest first. In a circle the place that came first begins. Pure. */
export function orderPlaces(
  places: readonly ArtifactPlace[],
  legs: readonly Pick<wire.TraceLeg, "from" | "to" | "state">[],
): OrderedPlace[] {
  const known = new Map(places.map((place) => [placeKey(place), place]));
  const below = new Map<string, string[]>();
  const led = new Set<string>();
  for (const { from, to, state } of legs) {
    if (from === undefined || to === undefined || state === wire.TraceLegState.NOT_SELECTED) continue;
    below.set(placeKey(from), [...(below.get(placeKey(from)) ?? []), placeKey(to)]);
    led.add(placeKey(to));
  }
  const ordered: OrderedPlace[] = [];
  const done = new Set<string>();
  const descend = (key: string, depth: number) => {
    const place = known.get(key);
    if (place === undefined || done.has(key)) return;
    done.add(key);
    ordered.push({ place, depth });
    for (const next of below.get(key) ?? []) descend(next, depth + 1);
  };
  for (const key of known.keys()) if (!led.has(key)) descend(key, 0);
  for (const key of known.keys()) descend(key, 0);
  return ordered;
}
