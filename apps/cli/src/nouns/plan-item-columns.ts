import type { PlanItemDocument } from "../documents/plan.ts";
import type { Column } from "../output/table.ts";
import { formatBytes } from "../quantities.ts";

/** Columns of a plan's items. */
export const PLAN_ITEM_COLUMNS: readonly Column<PlanItemDocument>[] = [
  { title: "ACTION", cell: (item) => item.action },
  { title: "ARTIFACT", cell: (item) => item.artifact },
  { title: "TARGET", cell: (item) => item.target },
  { title: "BYTES", cell: (item) => formatBytes(item.bytes), align: "right" },
  { title: "EXISTING", cell: (item) => formatBytes(item.existingBytes), align: "right", wide: true },
  { title: "DIGEST", cell: (item) => item.digest, wide: true },
  { title: "WHY", cell: (item) => (item.explanation === "" ? item.reason : item.explanation) },
];
