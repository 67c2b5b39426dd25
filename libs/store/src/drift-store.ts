import type { DriftCheck, DriftItem, DriftSubject } from "@transship/model";
import type { OutgoingEvent } from "./delivery-store.ts";

/** What the last check of each replica found. Goes with the replication, the edge or the rule that it is about. */
export interface DriftStore {
  /** The last checks, by kind, name and replica: of everything, or of one replication or rule. */
  checks(subject?: DriftSubject): Promise<DriftCheck[]>;
  /** The differences that the last check of a replica found, by repository and tag; the first `MOST_DRIFT_ITEMS` of them. */
  items(subject: DriftSubject, replica: string): Promise<DriftItem[]>;
  /** Takes the place of the last check of this replica; with the event that tells of it, where there is anything to tell. Returns the webhooks that are told. */
  record(check: DriftCheck, items: readonly DriftItem[], event: OutgoingEvent | undefined): Promise<string[]>;
}
