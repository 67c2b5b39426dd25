import type { TracePlaceDocument } from "../documents/trace.ts";
import type { Column } from "../output/table.ts";
import { formatAge } from "../quantities.ts";

/** Characters of a digest's value that tell images apart for people. */
const SHORT = 12;

/** A place, a row. */
export const TRACE_PLACE_COLUMNS: readonly Column<TracePlaceDocument>[] = [
  { title: "INSTANCE", cell: ({ instance, depth }) => `${depth === 0 ? "" : `${"·".repeat(depth)} `}${instance}` },
  { title: "ARTIFACT", cell: ({ artifact }) => artifact },
  { title: "STATE", cell: ({ state }) => state },
  {
    title: "DIGEST",
    cell: ({ digest }) => (digest ?? "").replace(/^(\w+:\w+).*$/, (_, whole: string) => whole.slice(0, "sha256:".length + SHORT)),
  },
  { title: "SINCE", cell: ({ since }) => formatAge(since) },
  { title: "BY", cell: ({ rule }) => rule ?? "" },
  { title: "FROM", cell: ({ from }) => from ?? "" },
  { title: "AGENT", cell: ({ agent }) => agent ?? "" },
  { title: "TASK", cell: ({ task }) => task ?? "", wide: true },
  { title: "WHOLE DIGEST", cell: ({ digest }) => digest ?? "", wide: true },
];
