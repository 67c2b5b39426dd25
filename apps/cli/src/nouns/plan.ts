import { planItemDocument } from "../documents/plan.ts";
import { type SavedPlanDocument, savedPlanDocument } from "../documents/saved-plan.ts";
import { formatTable } from "../output/table.ts";
import { formatAge, formatBytes } from "../quantities.ts";
import { nameOf } from "./name-of.ts";
import type { Noun } from "./noun.ts";
import { PLAN_ITEM_COLUMNS } from "./plan-item-columns.ts";

/** Items that `describe` shows. */
const MOST_SHOWN = 200;

/** Saved plans. */
export const plans: Noun<SavedPlanDocument> = {
  noun: "plan",
  name: (plan) => plan.metadata.id,
  columns: [
    { title: "ID", cell: (plan) => plan.metadata.id },
    { title: "RULE", cell: (plan) => plan.metadata.rule },
    { title: "COPY", cell: (plan) => String(plan.status.counts.copy), align: "right" },
    { title: "DELETE", cell: (plan) => String(plan.status.counts.delete), align: "right" },
    { title: "SKIP", cell: (plan) => String(plan.status.counts.skip), align: "right" },
    { title: "UNCHANGED", cell: (plan) => String(plan.status.counts.unchanged), align: "right" },
    { title: "BYTES", cell: (plan) => formatBytes(plan.status.bytes), align: "right" },
    { title: "SAVED", cell: (plan) => formatAge(plan.metadata.createdAt) },
  ],
  async *list(controlPlane, settings) {
    const { plans: service } = controlPlane.services;
    const rule = nameOf(settings.text("rule") ?? "", "rule");
    const answer = await controlPlane.ask(service.listPlans.bind(service), { rule });
    yield* answer.plans.map((plan) => savedPlanDocument(plan));
  },
  async get(controlPlane, id) {
    const { plans: service } = controlPlane.services;
    const plan = await controlPlane.ask(service.getPlan.bind(service), { id });
    const items = await Array.fromAsync(controlPlane.follow(service.listPlanItems.bind(service), { id }), planItemDocument);
    return savedPlanDocument(plan, items);
  },
  brief: (plan) => {
    const { items: _shownBelow, ...status } = plan.status;
    return { ...plan, status };
  },
  async *related(_controlPlane, { metadata, status: { items = [] } }) {
    if (items.length === 0) return;
    const more = items.length > MOST_SHOWN ? `… ${items.length - MOST_SHOWN} more: transship plan get ${metadata.id} -o json\n` : "";
    yield { title: "Items", text: formatTable(items.slice(0, MOST_SHOWN), PLAN_ITEM_COLUMNS, { wide: false }) + more };
  },
};
