import type { ConflictChoice, PlanReason, RuleSpec } from "@transship/model";
import type { Known } from "./known.ts";

/** What is known of a tag whose place at the target rules lead back from to its place at the source. */
export interface TwoWay {
  /** The rule that begins at the target and leads back, or is the first of several that do. */
  readonly facing: string;
  /** What that rule chooses, where it alone leads back. Undefined where several do: then each rule of the circle settles by itself. */
  readonly facingChoice: ConflictChoice | undefined;
  readonly known: Known;
  /** Which side's image was created later, where that was asked; undefined = equal, or not known. */
  readonly newer?: "source" | "target" | undefined;
}

/** What becomes of a tag that differs. */
export interface Verdict {
  readonly reason: Extract<PlanReason, "missing" | "changed" | "settled" | "ahead" | "yields" | "withdrawn" | "conflict">;
  readonly detail: { readonly detail?: string };
}

/**
 * Compares the tag with what both sides had: who moved it, and where both did, whose it becomes. The target's is replaced only where it is nothing but what the
 * source had before, or where the rule, or a person (`settle`), says so. The rule that faces this one judges by the same memories and comes to the opposite.
 */
export function judgeTwoWay(
  { rule, settle = false }: { readonly rule: Pick<RuleSpec, "conflict">; readonly settle?: boolean | undefined },
  twoWay: TwoWay,
  source: string,
  target: string | undefined,
): Verdict {
  const { known, facing } = twoWay;
  if (target === undefined) {
    if (settle || !known.atTarget.has(source)) return { reason: "missing", detail: {} };
    return verdict(
      "withdrawn",
      `the target had ${short(source)} and it was deleted there since; it is not brought back unless a run settles it`,
    );
  }
  const sourceWasThere = known.atSource.has(target);
  const targetWasThere = known.atTarget.has(source);
  if (sourceWasThere && !targetWasThere) return { reason: "changed", detail: {} };
  if (settle) return { reason: "settled", detail: {} };
  if (targetWasThere && !sourceWasThere) {
    return verdict("ahead", `only the target moved it since it had the source's ${short(source)}; rule ${facing} brings that back`);
  }
  return settleBoth(rule.conflict ?? "stop", twoWay, source, target);
}

function settleBoth(choice: ConflictChoice, twoWay: TwoWay, source: string, target: string): Verdict {
  const { facing, facingChoice, newer, known } = twoWay;
  const both = `it moved on both sides: the source has ${short(source)}, the target ${short(target)}, ${baseText(known.base)}`;
  if (choice === "source") {
    if (facingChoice !== "source") return { reason: "settled", detail: {} };
    return verdict("conflict", `${both}; this rule and rule ${facing} both say that their source wins`);
  }
  if (facingChoice === "source") return verdict("yields", `${both}; rule ${facing} says that its source wins, which is the target here`);
  if (choice === "stop") return verdict("conflict", both);
  if (newer === "source") return { reason: "settled", detail: {} };
  if (newer === "target") return verdict("yields", `${both}; the target's was created later, and rule ${facing} may bring it back`);
  return verdict("conflict", `${both}; which of them was created later is not known`);
}

function verdict(reason: Verdict["reason"], detail: string): Verdict {
  return { reason, detail: { detail } };
}

function baseText(base: string | undefined): string {
  return base === undefined ? "and nothing is known that both had" : `both had ${short(base)}`;
}

/** `sha256:0123456789ab`, as people compare digests. */
function short(digest: string): string {
  return digest.slice(0, digest.indexOf(":") + 13);
}
