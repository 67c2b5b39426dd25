import type { wire } from "@transship/api";
import { type Document, present } from "./document.ts";
import { type PlanDocument, type PlanItemDocument, planDocument } from "./plan.ts";

/** A saved plan as JSON has it; in lists without its items. */
export interface SavedPlanDocument extends Document {
  readonly kind: "Plan";
  readonly metadata: { readonly id: string; readonly rule: string; readonly createdAt?: string };
  readonly status: Omit<PlanDocument["status"], "items"> & { readonly items?: PlanDocument["status"]["items"] };
}

const NO_SUMS: wire.PlanSummary = {
  copy: 0,
  skip: 0,
  delete: 0,
  capped: 0,
  unchanged: 0,
  bytes: 0,
  existingBytes: 0,
  repositories: 0,
  planId: "",
};

/** A saved plan of the wire as JSON. */
export function savedPlanDocument(plan: wire.SavedPlan, items?: readonly PlanItemDocument[]): SavedPlanDocument {
  const { items: _none, ...sums } = planDocument(plan.rule, [], plan.summary ?? NO_SUMS).status;
  return {
    apiVersion: "transship/v1",
    kind: "Plan",
    metadata: { id: plan.id, rule: plan.rule, ...present({ createdAt: plan.createdAt }) },
    status: { ...(items === undefined ? {} : { items }), ...sums },
  };
}
