import type { wire } from "@transship/api";
import { artifactName } from "@transship/model";
import type { Document } from "./document.ts";

/** One line of a filter's test as JSON has it. */
export interface FilterLineDocument {
  /** `repository:tag` at the source; `repository` where it is refused as a whole. */
  readonly artifact: string;
  readonly selected: boolean;
  /** Empty = not selected. */
  readonly digest: string;
  /** Why it is not selected, as a word; empty = it is. */
  readonly reason: string;
  readonly explanation: string;
}

/** What a rule's filter does, as JSON has it. */
export interface FilterTestDocument extends Document {
  readonly kind: "FilterTest";
  readonly metadata: { readonly rule: string };
  readonly status: {
    readonly items: readonly FilterLineDocument[];
    readonly counts: { readonly selected: number; readonly refused: number; readonly repositories: number };
  };
}

/** A line of the wire as JSON. */
export function filterLineDocument({ repository, tag, digest, reason, explanation }: wire.FilterLine): FilterLineDocument {
  const artifact = tag === "" ? repository : artifactName({ repository, tag });
  return { artifact, selected: reason === "", digest, reason, explanation };
}

/** Lines and sums as one document. */
export function filterTestDocument(rule: string, items: readonly FilterLineDocument[], counts: wire.FilterSummary): FilterTestDocument {
  return { apiVersion: "transship/v1", kind: "FilterTest", metadata: { rule }, status: { items, counts } };
}
