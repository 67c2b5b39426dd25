import { artifactName, type DriftCheck, type DriftItem } from "@transship/model";
import type { OutgoingEvent } from "@transship/store";
import { outgoingEvent } from "../events-out/cloud-event.ts";

/** Differences in an event, at most; the counts count all. */
const MOST_ITEMS = 10;

/** The event that a check of a replica found what the check before did not; undefined where it found nothing new. `edge`: that leads to the replica. */
export function driftEvent(check: DriftCheck, edge: string, primary: string, news: readonly DriftItem[]): OutgoingEvent | undefined {
  if (news.length === 0) return undefined;
  const { subject, replica, checkedAt, equal, missing, different, extra, behindSince } = check;
  const items = news.slice(0, MOST_ITEMS).map(({ kind, digest, atReplica, since, reason, ...item }) => ({
    ...{ artifact: artifactName(item), kind, digest, atReplica, since, reason },
  }));
  const counts = { equal, missing, different, extra, new: news.length };
  const data = { [subject.kind]: subject.name, edge, primary, replica, checkedAt, counts, behindSince, items };
  const told = { subject: `${subject.kind}s/${subject.name}`, at: new Date(checkedAt), data };
  return outgoingEvent("drift.found", edge, told);
}
