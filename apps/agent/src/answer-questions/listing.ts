import { selectionFromMessage, type wire } from "@transship/api";
import { type CompiledSelection, compileSelection, type Refusal } from "@transship/planner";

/** What is listed, and how. */
export interface Listing {
  readonly selection: CompiledSelection;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether refused tags are told. */
  readonly explain: boolean;
  readonly signal: AbortSignal;
}

/** One line of an answer: a tag that is selected, or one that is refused. */
export type Finding = { readonly found: wire.FoundTag } | { readonly refused: wire.RefusedTag };

export function openListing(ask: wire.ListTags, signal: AbortSignal): Listing {
  const { selection } = ask;
  return {
    selection: compileSelection(selectionFromMessage(ask, "")),
    now: selection?.nowMs ?? 0,
    explain: selection?.explain ?? false,
    signal,
  };
}

/** A refusal as a line of the answer; empty where nobody asked for reasons. */
export function refusedFinding({ explain }: Listing, repository: string, tag: string, refusal: Refusal): Finding[] {
  return explain ? [{ refused: { repository, tag, ...refusal } }] : [];
}
