import {
  artifactName,
  type DriftCheck,
  type DriftItem,
  type DriftKind,
  type DriftSubject,
  driftOf,
  MOST_DRIFT_ITEMS,
} from "@transship/model";

/** What a check finds at one side, added up; keeps at most `MOST_DRIFT_ITEMS` differences. */
export class SideTally {
  readonly items: DriftItem[] = [];
  /** Tags that are there under whatever digest, by repository. Grows with the repositories, not with their tags. */
  readonly present = new Map<string, number>();
  readonly #before: ReadonlyMap<string, DriftItem>;
  readonly #counts: Record<DriftKind, number> = { missing: 0, different: 0, extra: 0 };
  #equal = 0;
  #behindSince: string | undefined;

  /** `before`: the differences of the check before. */
  constructor(before: readonly DriftItem[]) {
    this.#before = new Map(before.map((item) => [artifactName(item), item]));
  }

  /** Whether more differences are kept and told. */
  get hasRoom(): boolean {
    return this.items.length < MOST_DRIFT_ITEMS;
  }

  countEqual(equal: number, present: ReadonlyMap<string, number>): void {
    this.#equal += equal;
    for (const [repository, tags] of present) this.present.set(repository, (this.present.get(repository) ?? 0) + tags);
  }

  count(kind: DriftKind): void {
    this.#counts[kind] += 1;
  }

  /** Since when a place differed by the check before; a tag that is missing or different was behind before, whichever of the two. */
  sinceBefore(place: { readonly repository: string; readonly tag: string }, kind: DriftKind): string | undefined {
    const before = this.#before.get(artifactName(place));
    return before !== undefined && (before.kind === "extra") === (kind === "extra") ? before.since : undefined;
  }

  /** Keeps a difference that was counted. */
  keep(item: DriftItem): void {
    this.items.push(item);
    if (item.kind !== "extra" && (this.#behindSince === undefined || item.since < this.#behindSince)) this.#behindSince = item.since;
  }

  /** Differences that the check before did not know. */
  news(): DriftItem[] {
    return this.items.filter((item) => this.sinceBefore(item, item.kind) === undefined);
  }

  check(subject: DriftSubject, replica: string, now: Date): DriftCheck {
    return { subject, replica, checkedAt: now.toISOString(), equal: this.#equal, ...this.#counts, behindSince: this.#behindSince };
  }

  get drift(): number {
    return driftOf(this.#counts);
  }
}
