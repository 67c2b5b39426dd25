import type { wire } from "@transship/api";
import { type Side, TransshipError } from "@transship/errors";
import type { Instance, InventoryEntry, RuleSource, TagReference } from "@transship/model";
import { askNearest, type Desk } from "./ask-nearest.ts";
import type { Ask, Found } from "./questions.ts";

/** Everything at an instance that a rule selects, page by page. The agent pages: at most 500 tags each. */
export async function* listTags(desk: Desk, source: Instance, rule: RuleSource, signal: AbortSignal): AsyncGenerator<InventoryEntry[]> {
  const value = { namespace: rule.namespace ?? "", repository: rule.repository ?? "", tag: rule.tag ?? "" };
  for await (const found of askNearest(desk, source, "source", { $case: "listTags", value }, signal)) yield foundOf(found, "tags").tags;
}

/** The digests of tags at an instance, by `repository:tag`; tags that do not exist are missing. */
export async function resolveTags(
  desk: Desk,
  instance: Instance,
  tags: readonly TagReference[],
  signal: AbortSignal,
  side: Side = "target",
): Promise<Map<string, string>> {
  const digests = new Map<string, string>();
  if (tags.length === 0) return digests;
  for await (const found of askNearest(desk, instance, side, { $case: "resolveTags", value: { tags: [...tags] } }, signal)) {
    for (const tag of foundOf(found, "tags").tags) digests.set(`${tag.repository}:${tag.tag}`, tag.digest);
  }
  return digests;
}

/** The blobs of artifacts at an instance, each blob of an artifact once. */
export async function measureArtifacts(
  desk: Desk,
  source: Instance,
  artifacts: readonly wire.ArtifactDigest[],
  signal: AbortSignal,
): Promise<wire.FoundArtifact[]> {
  const all: wire.FoundArtifact[] = [];
  if (artifacts.length === 0) return all;
  const ask: Ask = { $case: "measureArtifacts", value: { artifacts: [...artifacts] } };
  for await (const found of askNearest(desk, source, "source", ask, signal)) all.push(...foundOf(found, "artifacts").artifacts);
  return all;
}

/** Which of the given blobs a repository lacks. */
export async function findMissing(
  desk: Desk,
  target: Instance,
  repository: string,
  digests: readonly string[],
  signal: AbortSignal,
): Promise<Set<string>> {
  const missing = new Set<string>();
  if (digests.length === 0) return missing;
  const ask: Ask = { $case: "findMissing", value: { repository, digests: [...digests] } };
  for await (const found of askNearest(desk, target, "target", ask, signal)) {
    for (const digest of foundOf(found, "missing").digests) missing.add(digest);
  }
  return missing;
}

type FoundValues = { readonly [F in Found as F["$case"]]: F["value"] };

/** What was found, where it is of the kind that was asked for. @throws TransshipError `INTERNAL` otherwise. */
export function foundOf<Kind extends Found["$case"]>(found: Found, kind: Kind): FoundValues[Kind] {
  const value: unknown = found.value;
  if (found.$case === kind) return value as FoundValues[Kind];
  throw new TransshipError("INTERNAL", { what: "the answer of an agent", why: `it tells of ${found.$case} instead of ${kind}` });
}
