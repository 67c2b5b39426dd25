import { executionToMessage, type wire } from "@transship/api";
import type { SavedPlan } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { checkPlan } from "../planning/check-plan.ts";
import { itemMessage } from "../planning/plan-events.ts";
import { savedPages } from "../planning/save-plan.ts";

const MOST_PLANS = 1000;

/** Plans that were saved. */
export function planService({ unary, streaming }: Handlers, desk: ExecutionDesk, executions: Executions): wire.PlanServiceServer {
  const { plans } = desk.store;
  return {
    listPlans: unary(async ({ rule }) => {
      const found = await plans.list({ rule: rule === "" ? undefined : rule }, MOST_PLANS);
      return { plans: found.map(planMessage) };
    }),
    getPlan: unary(async ({ id }) => planMessage(await plans.get(id))),
    listPlanItems: streaming(async function* ({ id }) {
      await plans.get(id);
      for await (const items of savedPages(desk.store, id))
        for (const item of items) yield itemMessage(item, { crossing: item.bytes, existing: item.existingBytes });
    }),
    runPlan: unary(async ({ id }) => {
      const plan = await plans.get(id);
      await checkPlan(desk, plan, AbortSignal.timeout(LONGEST_CHECK_MS));
      const { execution } = await executions.runPlan(plan);
      return { execution: executionToMessage(execution) };
    }),
  };
}

/** Longest time for listing both sides again, in milliseconds. */
const LONGEST_CHECK_MS = 3_600_000;

function planMessage({ id, rule, createdAt, sums: { leftOut: _leftOut, ...sums } }: SavedPlan): wire.SavedPlan {
  return { id, rule, createdAt, summary: { ...sums, planId: id } };
}
