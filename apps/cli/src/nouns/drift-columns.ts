import type { DriftItemDocument, ReplicaDriftDocument } from "../documents/drift.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../quantities.ts";

/** A difference, a row. */
export const DRIFT_ITEM_COLUMNS: readonly Column<DriftItemDocument & { readonly replica: string }>[] = [
  { title: "REPLICA", cell: (item) => item.replica },
  { title: "DRIFT", cell: (item) => item.kind },
  { title: "ARTIFACT", cell: (item) => item.artifact },
  { title: "SINCE", cell: (item) => formatAge(item.since) },
  { title: "DIGEST", cell: (item) => item.digest ?? "", wide: true },
  { title: "AT REPLICA", cell: (item) => item.atReplica ?? "", wide: true },
  { title: "EDGE", cell: (item) => item.edge },
  { title: "REASON", cell: (item) => item.reason, wide: true },
  { title: "WHY", cell: (item) => item.explanation },
];

/** A replica, a row. */
export const REPLICA_DRIFT_COLUMNS: readonly Column<ReplicaDriftDocument>[] = [
  { title: "NAME", cell: ({ replication, rule }) => replication ?? rule ?? "" },
  { title: "PRIMARY", cell: ({ primary }) => primary },
  { title: "REPLICA", cell: ({ replica }) => replica },
  { title: "STATE", cell: ({ state }) => state },
  { title: "MISSING", cell: count("missing"), align: "right" },
  { title: "DIFFERENT", cell: count("different"), align: "right" },
  { title: "EXTRA", cell: count("extra"), align: "right" },
  { title: "EQUAL", cell: count("equal"), align: "right" },
  { title: "BEHIND SINCE", cell: ({ behindSince }) => (behindSince === undefined ? "" : `${behindSince} (${formatAge(behindSince)})`) },
  { title: "CHECKED", cell: ({ checkedAt }) => formatAge(checkedAt), wide: true },
];

function count(kind: keyof NonNullable<ReplicaDriftDocument["counts"]>) {
  return ({ counts }: ReplicaDriftDocument) => (counts === undefined ? "" : String(counts[kind]));
}
