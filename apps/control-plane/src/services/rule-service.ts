import { executionToMessage, ruleToMessage, wire } from "@transship/api";
import { type Rule, recordOf } from "@transship/model";
import type { OpenOutcome, Store } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { planEvents } from "../planning/plan-events.ts";
import { PlanSaver } from "../planning/save-plan.ts";

const OUTCOMES = {
  started: wire.RunRuleResponse_Outcome.STARTED,
  queued: wire.RunRuleResponse_Outcome.QUEUED,
  merged: wire.RunRuleResponse_Outcome.MERGED,
} as const satisfies Record<OpenOutcome, wire.RunRuleResponse_Outcome>;

/** Executions that a rule's record is made of. */
const RECORDED = 20;

/** Rules: looked at, switched, planned and run. */
export function ruleService({ unary, streaming }: Handlers, desk: ExecutionDesk, executions: Executions): wire.RuleServiceServer {
  const { topology } = desk.store;
  return {
    listRules: unary(async () => ({ rules: await Promise.all((await topology.listRules()).map((rule) => describe(desk.store, rule))) })),
    getRule: unary(async ({ name }) => describe(desk.store, await topology.getRule(name))),
    setRuleEnabled: unary(async ({ name, enabled }) => describe(desk.store, await topology.setRuleEnabled(name, enabled, desk.now()))),
    planRule: streaming(async function* ({ name, save }, signal) {
      const rule = await topology.getRule(name);
      yield* planEvents(desk, rule, signal, save ? await PlanSaver.open(desk.store, rule, desk.now()) : undefined);
    }),
    runRule: unary(async ({ name }) => {
      const { execution, outcome } = await executions.run(name);
      return { execution: executionToMessage(execution), outcome: OUTCOMES[outcome] };
    }),
  };
}

async function describe(store: Store, rule: Rule): Promise<wire.Rule> {
  const [newest] = await store.executions.list({ rule: rule.name }, { limit: 1 });
  const { executions, lastSuccessAt } = await store.executions.ended(rule.name, RECORDED);
  return ruleToMessage(rule, newest && executionToMessage(newest), recordOf(executions, lastSuccessAt));
}
