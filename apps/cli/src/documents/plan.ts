import { wire } from "@transship/api";
import { artifactName, type PlanAction } from "@transship/model";
import { type Document, present } from "./document.ts";

/** One line of a plan as JSON has it. */
export interface PlanItemDocument {
  /** `repository:tag` at the source. */
  readonly artifact: string;
  /** `instance/repository:tag`; empty for what the rule does not select. */
  readonly target: string;
  readonly digest: string;
  readonly action: PlanAction;
  readonly reason: string;
  readonly explanation: string;
  /** Digest of the target's tag; absent = it has none. */
  readonly atTarget?: string;
  /** Where rules lead back: what both sides had last, and the rule that does. */
  readonly base?: string;
  readonly facing?: string;
  /** Bytes that would cross, and bytes that are at the target already. */
  readonly bytes: number;
  readonly existingBytes: number;
  /** For copies: the agent that would do it now, and by which endpoints; absent in saved plans. */
  readonly route?: string;
}

/** A plan as JSON has it. */
export interface PlanDocument extends Document {
  readonly kind: "Plan";
  /** `id`: of a plan that was saved. */
  readonly metadata: { readonly rule: string; readonly id?: string };
  readonly status: {
    readonly items: readonly PlanItemDocument[];
    readonly counts: {
      readonly copy: number;
      readonly skip: number;
      readonly delete: number;
      /** Gone at the source and left all the same: more than the rule allows to delete at one target. */
      readonly capped: number;
      /** Moved on both sides, and settled by nothing. */
      readonly conflicts: number;
      readonly unchanged: number;
      readonly repositories: number;
      /** In a plan of all: what the rule does not select. */
      readonly refused?: number;
    };
    readonly bytes: number;
    readonly existingBytes: number;
  };
}

const ACTIONS: ReadonlyMap<wire.PlanAction, PlanAction> = new Map([
  [wire.PlanAction.COPY, "copy"],
  [wire.PlanAction.DELETE, "delete"],
]);

/** An item of the wire as JSON. */
export function planItemDocument(item: wire.PlanItem): PlanItemDocument {
  const nowhere = { instance: "", repository: "", tag: "" };
  const source = item.source ?? nowhere;
  return {
    artifact: source.tag === "" ? source.repository : artifactName(source),
    target: item.target === undefined ? "" : `${item.target.instance}/${artifactName(item.target)}`,
    digest: item.digest,
    action: ACTIONS.get(item.action) ?? "skip",
    reason: item.reason,
    explanation: item.explanation,
    ...present({ atTarget: item.atTarget ?? "", base: item.base ?? "", facing: item.facing ?? "" }),
    bytes: item.bytes,
    existingBytes: item.existingBytes,
    ...present({ route: item.route }),
  };
}

/** Items and sums as one document. */
export function planDocument(rule: string, items: readonly PlanItemDocument[], sums: wire.PlanSummary): PlanDocument {
  const { copy, skip, delete: deletions, capped, unchanged, repositories, refused, bytes, existingBytes, conflicts = 0 } = sums;
  const counts = {
    copy,
    skip,
    delete: deletions,
    capped,
    conflicts,
    unchanged,
    repositories,
    ...(refused === undefined ? {} : { refused }),
  };
  return {
    apiVersion: "transship/v1",
    kind: "Plan",
    metadata: { rule, ...present({ id: sums.planId }) },
    status: { items, counts, bytes, existingBytes },
  };
}
