import type { ArtifactKind } from "@transship/model";

/** What is known of a tag when it is selected. What a selection does not ask for may be absent. */
export interface TagFacts {
  readonly tag: string;
  /** Digest of the manifest that it names. */
  readonly digest?: string;
  readonly kind?: ArtifactKind;
  /** When it was pushed, as the registry tells, in milliseconds since 1970. */
  readonly pushedAt?: number;
  /** When the image was created, as it says itself, in milliseconds since 1970. */
  readonly createdAt?: number;
}

/** The time that selections go by, and the words for it: the push time where the registry tells one, else the image's own. */
export function timeOf(
  facts: Pick<TagFacts, "pushedAt" | "createdAt">,
): { readonly at: number; readonly what: "pushed" | "created" } | undefined {
  if (facts.pushedAt !== undefined) return { at: facts.pushedAt, what: "pushed" };
  return facts.createdAt === undefined ? undefined : { at: facts.createdAt, what: "created" };
}
