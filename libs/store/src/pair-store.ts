import type { Agreement, TagConflict, TagPair } from "@transship/model";
import type { OutgoingEvent } from "./delivery-store.ts";

/** Makes the event that conflicts were found, of those that are new. Called within a transaction; it must not throw. */
export type TellConflicts = (fresh: readonly TagConflict[]) => OutgoingEvent;

/** Tags between whose places rules lead both ways. Which place of a pair is named first says nothing. Copies and deletions settle pairs too, by `TaskStore.finish`. */
export interface PairStore {
  /** When both places of pairs were last seen to have the same, by `pairKey`; pairs of which that is not known are missing. */
  agreements(pairs: readonly TagPair[]): Promise<Map<string, Agreement>>;
  /** Pairs that are in conflict, by `pairKey`. */
  inConflict(pairs: readonly TagPair[]): Promise<Set<string>>;
  /** Remembers what both places of pairs have, which ends their conflicts. */
  agree(seen: readonly { readonly pair: TagPair; readonly digest: string }[], now: Date): Promise<void>;
  /** Forgets that pairs are in conflict. */
  settle(pairs: readonly TagPair[]): Promise<void>;
  /**
   * Remembers conflicts that a rule found. Those that were not known yet, with the same digests, are returned; `tell`'s event of them is kept for webhooks in the same
   * transaction, so that each is told once.
   */
  conflict(found: readonly TagConflict[], rule: string, now: Date, tell: TellConflicts): Promise<readonly TagConflict[]>;
}
