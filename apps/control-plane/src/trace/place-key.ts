import type { ArtifactPlace } from "@transship/model";

/** A place as a key. Its `tag` may be a digest. */
export function placeKey({ instance, repository, tag }: ArtifactPlace): string {
  return JSON.stringify([instance, repository, tag]);
}
