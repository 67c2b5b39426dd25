import { artifactName, type InventoryEntry, type RuleSpec, type RuleTarget } from "@transship/model";
import { mapToTarget } from "../map-to-target.ts";

/** A page of what should be at a target, and what is. */
export interface PageToCompare {
  readonly rule: Pick<RuleSpec, "source" | "targets">;
  readonly target: RuleTarget;
  readonly entries: readonly InventoryEntry[];
  /** Digests at the target by `repository:tag` of the target; what is missing here does not exist there. */
  readonly atTarget: ReadonlyMap<string, string>;
  /** Entries whose name at the target another repository has: what `claimNames` found. */
  readonly taken?: ReadonlyMap<InventoryEntry, string> | undefined;
}

/** A tag that is missing at a target, or names another digest there. */
export interface Difference {
  readonly kind: "missing" | "different";
  readonly entry: InventoryEntry;
  /** At the target. */
  readonly repository: string;
  readonly tag: string;
  readonly atTarget: string | undefined;
}

/** What a page came to. Entries that have no place of their own at the target are in none. */
export interface ComparedPage {
  /** In the order of the entries. */
  readonly differences: readonly Difference[];
  readonly equal: number;
  /** Entries that the target has under whatever digest, by its repository. */
  readonly present: ReadonlyMap<string, number>;
}

/** Compares a page by digest. Signatures and other tags that belong to a digest are tags like all others here: without them a replica is not whole. Pure. */
export function comparePage({ rule, target, entries, atTarget, taken }: PageToCompare): ComparedPage {
  const differences: Difference[] = [];
  const present = new Map<string, number>();
  let equal = 0;
  for (const entry of entries) {
    const name = mapToTarget(rule, target, entry.repository);
    if ("refused" in name || taken?.has(entry) === true) continue;
    const { repository } = name;
    const there = atTarget.get(artifactName({ repository, tag: entry.tag }));
    if (there !== undefined) present.set(repository, (present.get(repository) ?? 0) + 1);
    if (there === entry.digest) equal += 1;
    else differences.push({ kind: there === undefined ? "missing" : "different", entry, repository, tag: entry.tag, atTarget: there });
  }
  return { differences, equal, present };
}
