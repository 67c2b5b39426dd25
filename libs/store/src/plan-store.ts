import type { Failure, PlanItem } from "@transship/model";

/** An item of a saved plan, with the bytes that would cross and those that are at the target. */
export interface SavedItem extends PlanItem {
  readonly bytes: number;
  readonly existingBytes: number;
}

/** The sums of a plan. */
export interface PlanSums {
  readonly copy: number;
  readonly skip: number;
  readonly unchanged: number;
  readonly bytes: number;
  readonly existingBytes: number;
  readonly repositories: number;
  /** Tags to take away. */
  readonly delete: number;
  /** Tags that the source no longer has and that are left, because they are more than the rule allows to delete at one target. */
  readonly capped: number;
  /** Tags that moved on both sides and that nothing settles; absent = none. */
  readonly conflicts?: number | undefined;
  /** Why part of the work is left out; absent where nothing is. */
  readonly leftOut?: Failure | undefined;
}

/** A plan that was saved to be run later. */
export interface SavedPlan {
  readonly id: string;
  readonly rule: string;
  /** The rule as it was planned, as text: a plan of another rule does not hold. */
  readonly ruleSpec: string;
  readonly createdAt: string;
  readonly sums: PlanSums;
}

/** Saved plans. Their items are many: they are stored compressed, page by page. */
export interface PlanStore {
  /** Begins a plan; nobody sees it before {@link finish}. */
  open(plan: Pick<SavedPlan, "id" | "rule" | "ruleSpec">, now: Date): Promise<void>;
  /** Adds a page of items; pages count from 0. */
  addPage(id: string, page: number, items: readonly SavedItem[]): Promise<void>;
  /** Now it is whole. */
  finish(id: string, sums: PlanSums): Promise<void>;
  /** Throws `NOT_FOUND`. */
  get(id: string): Promise<SavedPlan>;
  /** Whole plans, newest first. */
  list(filter: { readonly rule?: string | undefined }, limit: number): Promise<SavedPlan[]>;
  /** A page of items; undefined after the last. */
  page(id: string, page: number): Promise<SavedItem[] | undefined>;
  /** Forgets plans from before a moment, whole or not. */
  forget(before: Date): Promise<void>;
}
