import type { Arrival } from "@transship/model";
import { subjectKey } from "./subjects.ts";

/** What one rule brought to a target, as far as a page needs to know it. */
export interface Brought {
  /** By `repository:tag` at the target. */
  readonly tags: ReadonlyMap<string, Pick<Arrival, "digest" | "platforms">>;
  /** `subjectKey`s of digests that the rule brought under some tag: what is derived from them (signatures) came with them. */
  readonly digests: ReadonlySet<string>;
}

/** Where nothing is known. */
export const NOTHING_BROUGHT: Brought = { tags: new Map(), digests: new Set() };

/** Those arrivals that are the rule's, for planning. */
export function broughtBy(rule: string, arrivals: Iterable<Arrival>): Brought {
  const tags = new Map<string, Pick<Arrival, "digest" | "platforms">>();
  const digests = new Set<string>();
  for (const { rule: by, target, digest, platforms } of arrivals) {
    if (by !== rule) continue;
    tags.set(`${target.repository}:${target.tag}`, { digest, platforms });
    digests.add(subjectKey(target.repository, digest));
  }
  return { tags, digests };
}
