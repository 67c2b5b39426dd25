import {
  artifactName,
  coversPlatforms,
  type InventoryEntry,
  type PlanItem,
  type PlanReason,
  type RuleSpec,
  type RuleTarget,
  subjectOfTag,
} from "@transship/model";
import { type Brought, NOTHING_BROUGHT } from "./brought.ts";
import { mapToTarget } from "./map-to-target.ts";
import { type SubjectFate, subjectKey } from "./subjects.ts";
import { judgeTwoWay, type TwoWay } from "./two-way/judge-two-way.ts";

/** One page of the source's inventory, and what the target has under the names that its entries would get. */
export interface PageToPlan {
  readonly rule: RuleSpec;
  /** The one of the rule's targets that this plan is for. */
  readonly target: RuleTarget;
  readonly entries: readonly InventoryEntry[];
  /** Digests at the target by `repository:tag` of the target; what is missing here does not exist there. */
  readonly atTarget: ReadonlyMap<string, string>;
  /** What the rule brought to the target; absent = nothing is known, as where nothing depends on it. */
  readonly brought?: Brought;
  /** Of entries whose place at the target rules lead back from: what is known of both sides. */
  readonly twoWay?: ReadonlyMap<InventoryEntry, TwoWay> | undefined;
  /** A person asked that the source wins wherever both sides moved. */
  readonly settle?: boolean | undefined;
  /** What earlier pages decided on digests of the same repositories, by `subjectKey`. Digest tags come after the tags that they belong to. */
  readonly subjects?: ReadonlyMap<string, SubjectFate>;
  /** Entries whose name at the target another repository has, with that repository: what `claimNames` found. */
  readonly taken?: ReadonlyMap<InventoryEntry, string> | undefined;
}

/** What to do with a page. Every entry is in exactly one of `items`, `unchanged` and `carried`. */
export interface PagePlan {
  /** In the order of the entries. */
  readonly items: readonly PlanItem[];
  /** Entries that are equal on both sides. */
  readonly unchanged: number;
  /** Digest tags that travel with a subject which is copied anyway. */
  readonly carried: number;
  /** What this page decided on digests, to be merged for the pages that follow. */
  readonly subjects: ReadonlyMap<string, SubjectFate>;
}

type Decision = { readonly item: PlanItem } | "unchanged" | "carried";

/** Plans one page of a rule for one of its targets. Pure. */
export function planPage(page: PageToPlan): PagePlan {
  const decisions = new Map<InventoryEntry, Decision>();
  for (const entry of page.entries) {
    if (subjectOfTag(entry.tag) === undefined) decisions.set(entry, decideTag(page, entry));
  }
  const subjects = fatesOf(decisions);
  for (const entry of page.entries) {
    const subject = subjectOfTag(entry.tag);
    if (subject !== undefined) decisions.set(entry, decideDigestTag(page, subjects, entry, subject));
  }
  const inOrder = page.entries.map((entry) => decisions.get(entry));
  return {
    items: inOrder.flatMap((decision) => (typeof decision === "object" ? [decision.item] : [])),
    unchanged: inOrder.filter((decision) => decision === "unchanged").length,
    carried: inOrder.filter((decision) => decision === "carried").length,
    subjects,
  };
}

function decideTag(page: PageToPlan, entry: InventoryEntry, subject?: string): Decision {
  const name = mapToTarget(page.rule, page.target, entry.repository);
  if ("refused" in name) return item(page, entry, name.repository, name.refused);
  const first = page.taken?.get(entry);
  if (first !== undefined) {
    const detail = first === entry.repository ? "another target of the rule brings it there" : `${first} has this name at the target`;
    return item(page, entry, name.repository, "collides", { detail });
  }
  const key = artifactName({ repository: name.repository, tag: entry.tag });
  const there = page.atTarget.get(key);
  const brought = (page.brought ?? NOTHING_BROUGHT).tags.get(key);
  if (there === entry.digest) {
    const inPart = brought?.digest === there && !coversPlatforms(brought.platforms, page.rule.platforms);
    return inPart ? item(page, entry, name.repository, "platforms", { refill: true, expected: there }) : "unchanged";
  }
  if (there !== undefined && page.rule.overwrite === "never") return item(page, entry, name.repository, "kept");
  if (there !== undefined && page.rule.overwrite === "ours") {
    const ours = brought?.digest === there || (subject !== undefined && isOurs(page, name.repository, subject));
    if (!ours) return item(page, entry, name.repository, "foreign");
  }
  const twoWay = page.twoWay?.get(entry);
  if (twoWay !== undefined) {
    const { reason, detail } = judgeTwoWay(page, twoWay, entry.digest, there);
    return item(page, entry, name.repository, reason, { expected: there, facing: twoWay.facing, base: twoWay.known.base, ...detail });
  }
  if (there === undefined) return item(page, entry, name.repository, "missing");
  return item(page, entry, name.repository, "changed", page.rule.overwrite === "ours" ? { expected: there } : {});
}

/** Signatures travel with what they sign: who brought that may replace them. */
function isOurs(page: PageToPlan, repository: string, digest: string): boolean {
  return (page.brought ?? NOTHING_BROUGHT).digests.has(subjectKey(repository, digest));
}

/** A signature or attestation changes without its subject; then, and only then, its tag is work of its own. */
function decideDigestTag(page: PageToPlan, here: ReadonlyMap<string, SubjectFate>, entry: InventoryEntry, subject: string): Decision {
  const decision = decideTag(page, entry, subject);
  if (typeof decision === "string" || NOWHERE.has(decision.item.reason)) return decision;
  const key = subjectKey(entry.repository, subject);
  const fates = [here.get(key), page.subjects?.get(key)];
  if (fates.includes("copied")) return "carried";
  if (fates.includes("kept")) return item(page, entry, decision.item.target.repository, "kept");
  const { expected, facing, base } = decision.item;
  return decision.item.action === "skip"
    ? decision
    : item(page, entry, decision.item.target.repository, "signed", { expected, facing, base });
}

function fatesOf(decisions: ReadonlyMap<InventoryEntry, Decision>): Map<string, SubjectFate> {
  const fates = new Map<string, SubjectFate>();
  const equal = new Set<string>();
  for (const [entry, decision] of decisions) {
    const key = subjectKey(entry.repository, entry.digest);
    if (decision === "unchanged") equal.add(key);
    else if (typeof decision === "object" && decision.item.action === "copy") fates.set(key, "copied");
    else if (fates.get(key) !== "copied") fates.set(key, "kept");
  }
  for (const key of equal) if (fates.get(key) === "kept") fates.delete(key);
  return fates;
}

/** Reasons for which an entry has no name of its own at the target. */
const NOWHERE: ReadonlySet<PlanReason> = new Set(["own", "unnameable", "collides"]);
const SKIPPED: ReadonlySet<PlanReason> = new Set(["kept", "foreign", "ahead", "yields", "withdrawn", "conflict", ...NOWHERE]);

function item(
  page: PageToPlan,
  entry: InventoryEntry,
  repository: string,
  reason: PlanReason,
  terms: Pick<PlanItem, "expected" | "refill" | "detail" | "facing" | "base"> = {},
): { item: PlanItem } {
  return {
    item: {
      source: { instance: page.rule.source.instance, repository: entry.repository, tag: entry.tag },
      target: { instance: page.target.instance, repository, tag: entry.tag },
      digest: entry.digest,
      action: SKIPPED.has(reason) ? "skip" : "copy",
      reason,
      ...terms,
    },
  };
}
