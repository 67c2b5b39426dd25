import { asTransshipError, type TransshipError } from "@transship/errors";
import { type ArtifactPlace, artifactName, type Instance } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { resolveTags } from "../work/look-up.ts";
import { placeKey } from "./place-key.ts";

/** What a place has now: a digest, nothing, or why it could not be asked. */
export type Look = { readonly digest: string | undefined } | { readonly failure: TransshipError };

/** Instances that are asked at the same time. */
const INSTANCES_AT_ONCE = 32;

/** Asks every instance once for what its places name, by HEAD; instances that fail say so, and keep nobody waiting. */
export async function lookAtPlaces(
  desk: Desk,
  places: Iterable<ArtifactPlace>,
  instances: ReadonlyMap<string, Instance>,
  signal: AbortSignal,
): Promise<Map<string, Look>> {
  const looks = new Map<string, Look>();
  const groups = [...Map.groupBy(places, ({ instance }) => instance)];
  for (let start = 0; start < groups.length; start += INSTANCES_AT_ONCE) {
    const some = groups.slice(start, start + INSTANCES_AT_ONCE);
    await Promise.all(
      some.map(async ([name, theirs]) => {
        const instance = instances.get(name);
        if (instance === undefined) return;
        const found = await digestsAt(desk, instance, theirs, signal);
        for (const place of theirs) {
          looks.set(placeKey(place), found instanceof Map ? { digest: found.get(artifactName(place)) } : { failure: found });
        }
      }),
    );
  }
  return looks;
}

async function digestsAt(
  desk: Desk,
  instance: Instance,
  places: readonly ArtifactPlace[],
  signal: AbortSignal,
): Promise<Map<string, string> | TransshipError> {
  try {
    const tags = places.map(({ repository, tag }) => ({ repository, tag }));
    return await resolveTags(desk, instance, tags, signal);
  } catch (thrown) {
    signal.throwIfAborted();
    return asTransshipError(thrown, `looking at ${instance.name}`);
  }
}
