import { executionToMessage, ruleToMessage, wire } from "@transship/api";
import { type Rule, recordOf } from "@transship/model";
import { facingRules } from "@transship/planner";
import type { OpenOutcome } from "@transship/store";
import type { Handlers } from "../calls/handlers.ts";
import type { ExecutionDesk } from "../executions/execution-desk.ts";
import type { Executions } from "../executions/executions.ts";
import { filterEvents } from "../planning/filter-events.ts";
import { planEvents } from "../planning/plan-events.ts";
import { PlanSaver } from "../planning/save-plan.ts";
import { readRule } from "../topology/read-resources.ts";
import { triggerStatus } from "../triggers/trigger-status.ts";

const OUTCOMES = {
  started: wire.RunRuleResponse_Outcome.STARTED,
  queued: wire.RunRuleResponse_Outcome.QUEUED,
  merged: wire.RunRuleResponse_Outcome.MERGED,
} as const satisfies Record<OpenOutcome, wire.RunRuleResponse_Outcome>;

/** Executions that a rule's record is made of. */
const RECORDED = 20;

/** Rules: looked at, switched, planned and run; `changed` is called after each switch. */
export function ruleService(
  { unary, streaming }: Handlers,
  desk: ExecutionDesk,
  executions: Executions,
  changed: () => void,
): wire.RuleServiceServer {
  const { topology } = desk.store;
  return {
    listRules: unary(async () => ({ rules: await Promise.all((await topology.listRules()).map((rule) => describe(desk, rule))) })),
    getRule: unary(async ({ name }) => {
      const rule = await topology.getRule(name);
      const facing = facingRules(rule, await topology.listRunnables()).map((other) => other.name);
      return { ...(await describe(desk, rule)), facing };
    }),
    setRuleEnabled: unary(async ({ name, enabled }) => {
      const rule = await topology.setRuleEnabled(name, enabled, desk.now());
      changed();
      return describe(desk, rule);
    }),
    planRule: streaming(async function* ({ name, all, save }, signal) {
      const rule = await topology.getRunnable(name);
      yield* planEvents(desk, rule, all ?? false, signal, save === true ? await PlanSaver.open(desk.store, rule, desk.now()) : undefined);
    }),
    testFilter: streaming(async function* ({ name, rule, repository }, signal) {
      const tested = rule === undefined ? await topology.getRule(name) : readRule(rule);
      yield* filterEvents(desk, tested, repository, signal);
    }),
    runRule: unary(async ({ name, settle }) => {
      const { execution, outcome } = await executions.run(name, settle);
      return { execution: executionToMessage(execution), outcome: OUTCOMES[outcome] };
    }),
  };
}

async function describe({ store, now }: Pick<ExecutionDesk, "store" | "now">, rule: Rule): Promise<wire.Rule> {
  const [newest] = await store.executions.list({ rule: rule.name }, { limit: 1 });
  const { executions, lastSuccessAt } = await store.executions.ended(rule.name, RECORDED);
  const triggers = triggerStatus(rule, await store.triggers.get(rule.name), now());
  return { ...ruleToMessage(rule, newest && executionToMessage(newest), recordOf(executions, lastSuccessAt)), triggers };
}
