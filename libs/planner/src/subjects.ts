/**
 * What a plan does with a digest that digest tags (signatures, attestations) belong to. `copied`: the copy carries them along. `kept`: the digest does not go
 * to the target, so they have no business there. A digest that is not recorded is equal on both sides.
 */
export type SubjectFate = "copied" | "kept";

/** Names a digest in a source repository. */
export function subjectKey(repository: string, digest: string): string {
  return `${repository}@${digest}`;
}

/** Records the fates of a page after those of the pages before it. `copied` stands: one tag that is copied brings the digest, whatever the others do. */
export function mergeSubjects(before: Map<string, SubjectFate>, page: ReadonlyMap<string, SubjectFate>): void {
  for (const [key, fate] of page) {
    if (before.get(key) !== "copied") before.set(key, fate);
  }
}
