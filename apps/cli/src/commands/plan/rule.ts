import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import type { Call } from "../../command.ts";
import { openControlPlane } from "../../connection/control-plane.ts";
import { type PlanDocument, type PlanItemDocument, planDocument, planItemDocument } from "../../documents/plan.ts";
import { nameOf } from "../../nouns/name-of.ts";
import { PLAN_ITEM_COLUMNS } from "../../nouns/plan-item-columns.ts";
import { printValue } from "../../output/print.ts";
import { formatTable } from "../../output/table.ts";
import { formatBytes } from "../../quantities.ts";

/** `plan rule NAME [--save]`: what a run would do, and why; moves nothing. */
export async function run(call: Call): Promise<void> {
  const name = nameOf(call.args[0] ?? "", "rule");
  using controlPlane = await openControlPlane(call);
  const { rules } = controlPlane.services;
  const items: PlanItemDocument[] = [];
  let summary: wire.PlanSummary | undefined;
  const request = { name, all: call.settings.flag("all"), save: call.settings.flag("save") };
  for await (const { event } of controlPlane.follow(rules.planRule.bind(rules), request)) {
    if (event?.$case === "item") items.push(planItemDocument(event.value));
    if (event?.$case === "summary") summary = event.value;
  }
  if (summary === undefined)
    throw new TransshipError("INTERNAL", { what: `planning rule ${name}`, why: "the plan ended without its sums" });
  const plan = planDocument(name, items, summary);
  if (!(await printValue(call, plan))) printPlan(call, plan);
}

/** Who would do how many of the copies. */
function routesOf(items: readonly PlanItemDocument[]): Map<string, number> {
  const routes = new Map<string, number>();
  for (const { route } of items) if (route !== undefined) routes.set(route, (routes.get(route) ?? 0) + 1);
  return routes;
}

function printPlan(call: Call, { status, metadata }: PlanDocument): void {
  const { out } = call.streams;
  if (call.settings.text("output") === "name") {
    out.write(status.items.map((item) => `${item.artifact}\n`).join(""));
    return;
  }
  if (status.items.length > 0)
    out.write(formatTable(status.items, PLAN_ITEM_COLUMNS, { wide: call.settings.text("output") === "wide", stream: out }));
  for (const [route, copies] of routesOf(status.items)) out.write(`${copies} ${copies === 1 ? "copy" : "copies"}: ${route}\n`);
  const { copy, skip, delete: gone, capped, unchanged, refused } = status.counts;
  const deletions = gone === 0 ? "" : `${gone} to delete, `;
  const left = refused === undefined ? "" : `, ${refused} not selected`;
  out.write(`${copy} to copy (${formatBytes(status.bytes)}), ${deletions}${skip} skipped, ${unchanged} unchanged${left}\n`);
  if (capped > 0) out.write(`${capped} gone at the source but left: more than the rule's deletion.maxCount or maxShare allows\n`);
  if (metadata.id !== undefined) call.streams.err.write(`saved as plan ${metadata.id}; run it with: transship plan run ${metadata.id}\n`);
}
