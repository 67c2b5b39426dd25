import { artifactName, type PlanItem, type PlanReason, type RuleSpec, type RuleTarget } from "@transship/model";
import { findGone, type GoneTag, type GroupNames } from "./find-gone.ts";

/** How the listing of everything that a rule selects at its source ended. */
export interface SourceListing {
  readonly whole: boolean;
  readonly entries: number;
}

/** What a rule deletes at one target. */
export interface PlannedDeletions {
  /** What to delete and what to leave, with reasons; where there are too many, at most one more than the rule allows. */
  readonly items: readonly PlanItem[];
  /** Tags that are left because there are more than the rule allows: then nothing is deleted. 0 otherwise. */
  readonly capped: number;
  /** Tags that the rule has at the target, those that the source no longer has among them. */
  readonly present: number;
}

const NONE: PlannedDeletions = { items: [], capped: 0, present: 0 };

/** What deletions of a rule at one of its targets are planned from. */
export interface DeletionTerms {
  readonly rule: { readonly name: string; readonly spec: RuleSpec };
  readonly target: RuleTarget;
  readonly listing: SourceListing;
  /** Only these, by `repository:tag` at the source: what an event named. Then nothing depends on a listing of everything else. */
  readonly scope?: ReadonlySet<string> | undefined;
}

/**
 * Plans the deletions of a rule at one target, group of repositories by group. Pure. Nothing is deleted where the rule does not ask for it, where the source's
 * listing did not end whole or was empty, where any listing of names is not whole, or where it would be more than the rule allows.
 */
export class DeletionPlan {
  readonly #terms: DeletionTerms;
  readonly #deletions: PlanItem[] = [];
  readonly #skips: PlanItem[] = [];
  #count = 0;
  #kept = 0;
  #broken = false;

  constructor(terms: DeletionTerms) {
    this.#terms = terms;
  }

  /** Whether anything can come of it; where not, nothing needs to be listed. */
  get isOpen(): boolean {
    const { rule, listing, scope } = this.#terms;
    if (rule.spec.deletion?.propagate !== true || this.#broken) return false;
    return scope !== undefined || (listing.whole && listing.entries > 0);
  }

  /** Tags of the group whose digests have to be known before it is judged. */
  gone(names: GroupNames): readonly GoneTag[] {
    if (!this.isOpen) return [];
    const found = findGone(this.#terms.rule, names, this.#terms.scope);
    if (found === undefined) {
      this.#broken = true;
      return [];
    }
    this.#kept += found.kept;
    return found.gone;
  }

  /**
   * Judges tags by what the target's tags name now, by `repository:tag`. One that is missing there is gone already. `had`: of tags that rules lead back to the source,
   * what the source is known to have had; whatever else the target has, the source never had, so that it did not delete it.
   */
  judge(gone: readonly GoneTag[], atTarget: ReadonlyMap<string, string>, had: ReadonlyMap<GoneTag, ReadonlySet<string>> = new Map()): void {
    for (const tag of gone) {
      const digest = atTarget.get(artifactName(tag.target));
      if (digest === undefined) continue;
      if (had.get(tag)?.has(digest) === false) this.#skips.push(this.#item(tag, digest, "skip", "ahead"));
      else if (!tag.onlyBrought || tag.brought === digest) this.#add(this.#deletions, this.#item(tag, digest, "delete", "gone"));
      else this.#skips.push(this.#item(tag, digest, "skip", "foreign"));
    }
  }

  /** The plan, once every group was judged. */
  finish(): PlannedDeletions {
    const { deletion } = this.#terms.rule.spec;
    if (!this.isOpen || deletion === undefined) return NONE;
    const present = this.#kept + this.#count;
    const tooMany = this.#count > deletion.maxCount || this.#count * 100 > deletion.maxShare * present;
    if (!tooMany) return { items: [...this.#deletions, ...this.#skips], capped: 0, present };
    const left = this.#deletions.map((item) => ({ ...item, action: "skip" as const, reason: "capped" as const }));
    return { items: [...left, ...this.#skips], capped: this.#count, present };
  }

  /** Keeps one more than may be deleted: the rest would only be counted. */
  #add(items: PlanItem[], item: PlanItem): void {
    this.#count += 1;
    if (this.#count <= (this.#terms.rule.spec.deletion?.maxCount ?? 0) + 1) items.push(item);
  }

  #item(tag: GoneTag, digest: string, action: PlanItem["action"], reason: PlanReason): PlanItem {
    return {
      source: { instance: this.#terms.rule.spec.source.instance, ...tag.source },
      target: { instance: this.#terms.target.instance, ...tag.target },
      digest,
      action,
      reason,
    };
  }
}
