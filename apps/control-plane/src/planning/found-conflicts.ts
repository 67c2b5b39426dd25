import { TransshipError } from "@transship/errors";
import { artifactName, type Failure, type PlanItem } from "@transship/model";

/** Conflicts that a failure names; it counts all. */
const MOST_NAMED = 3;

/** The tags of a plan that moved on both sides and that nothing settles. */
export class FoundConflicts {
  #count = 0;
  readonly #named: string[] = [];

  get count(): number {
    return this.#count;
  }

  add(items: readonly PlanItem[]): void {
    for (const item of items) {
      this.#count += 1;
      if (this.#named.length < MOST_NAMED) this.#named.push(conflictText(item));
    }
  }

  /** Why part of the work was left out: for conflicts, and for `other` beside them. Undefined where nothing was. */
  failure(other: Failure | undefined): Failure | undefined {
    if (this.#count === 0) return other;
    const more = this.#count > MOST_NAMED ? `; and ${this.#count - MOST_NAMED} more` : "";
    const error = new TransshipError("TAG_CONFLICT", {
      what: `bringing over ${this.#count === 1 ? "a tag" : `${this.#count} tags`} that moved on both sides`,
      why: `${this.#named.join("; ")}${more}${other === undefined ? "" : `. Also: ${other.message}`}`,
    });
    const hint = other === undefined ? error.hint : `${error.hint} ${other.hint}`;
    return { code: error.code, side: error.side, message: error.message, hint };
  }
}

/** `team/app:v1 for sg/mirror/app: it moved on both sides: …`. */
export function conflictText({ source, target, detail = "" }: PlanItem): string {
  return `${artifactName(source)} for ${target.instance}/${target.repository}: ${detail}`;
}
