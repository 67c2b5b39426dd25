import { roundTripText } from "@transship/model";
import type { ReachDocument } from "../documents/reach.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../quantities.ts";

/** What `instance describe` and `agent describe` show of each endpoint, after the column that says whose. */
const COLUMNS: readonly Column<ReachDocument>[] = [
  { title: "NETWORK", cell: (reach) => reach.network },
  { title: "URL", cell: (reach) => reach.url },
  { title: "REACHED", cell: (reach) => (reach.reached ? "yes" : "no") },
  { title: "ROUND TRIP", cell: (reach) => (reach.roundTripMs === undefined ? "" : roundTripText(reach.roundTripMs)), align: "right" },
  { title: "SINCE", cell: (reach) => formatAge(reach.since) },
  { title: "WHY NOT", cell: ({ failure }) => (failure === undefined ? "" : `${failure.code}: ${failure.message}`) },
];

/** Who reaches an instance. */
export const REACH_BY_AGENT: readonly Column<ReachDocument>[] = [{ title: "AGENT", cell: (reach) => reach.agent }, ...COLUMNS];

/** What an agent reaches. */
export const REACH_BY_INSTANCE: readonly Column<ReachDocument>[] = [{ title: "INSTANCE", cell: (reach) => reach.instance }, ...COLUMNS];
