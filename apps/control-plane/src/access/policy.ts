import type { ServiceDefinition } from "@grpc/grpc-js";
import { TransshipError } from "@transship/errors";

/** Who may call: people and programs that run the product, or agents. */
export type Role = "admin" | "agent";

/** Open to callers without a login. */
const ANYONE = "anyone";

const ADMIN = ["admin"] as const satisfies readonly Role[];
const AGENT = ["agent"] as const satisfies readonly Role[];
const BOTH = ["admin", "agent"] as const satisfies readonly Role[];

/** Every RPC with who may call it. An RPC that is missing here cannot be served. */
export const POLICY = {
  "/transship.v1.TopologyService/Apply": ADMIN,
  "/transship.v1.InstanceService/ListInstances": ADMIN,
  "/transship.v1.InstanceService/GetInstance": ADMIN,
  "/transship.v1.InstanceService/TestInstance": ADMIN,
  "/transship.v1.RuleService/ListRules": ADMIN,
  "/transship.v1.RuleService/GetRule": ADMIN,
  "/transship.v1.RuleService/SetRuleEnabled": ADMIN,
  "/transship.v1.RuleService/PlanRule": ADMIN,
  "/transship.v1.RuleService/RunRule": ADMIN,
  "/transship.v1.RuleService/TestFilter": ADMIN,
  "/transship.v1.ReplicationService/ListReplications": ADMIN,
  "/transship.v1.ReplicationService/GetReplication": ADMIN,
  "/transship.v1.ReplicationService/SetReplicationEnabled": ADMIN,
  "/transship.v1.ReplicationService/RunReplication": ADMIN,
  "/transship.v1.ReplicationService/PromoteReplica": ADMIN,
  "/transship.v1.DriftService/CheckDrift": ADMIN,
  "/transship.v1.TraceService/TraceImage": ADMIN,
  "/transship.v1.PlanService/ListPlans": ADMIN,
  "/transship.v1.PlanService/GetPlan": ADMIN,
  "/transship.v1.PlanService/ListPlanItems": ADMIN,
  "/transship.v1.PlanService/RunPlan": ADMIN,
  "/transship.v1.ExecutionService/ListExecutions": ADMIN,
  "/transship.v1.ExecutionService/GetExecution": ADMIN,
  "/transship.v1.ExecutionService/WatchExecution": ADMIN,
  "/transship.v1.ExecutionService/StopExecution": ADMIN,
  "/transship.v1.ExecutionService/RetryExecution": ADMIN,
  "/transship.v1.ExecutionService/StreamLogs": ADMIN,
  "/transship.v1.TaskService/ListTasks": ADMIN,
  "/transship.v1.TaskService/GetTask": ADMIN,
  "/transship.v1.TaskService/RetryTask": ADMIN,
  "/transship.v1.AgentService/ListAgents": ADMIN,
  "/transship.v1.AgentService/GetAgent": ADMIN,
  "/transship.v1.AgentService/DrainAgent": ADMIN,
  "/transship.v1.AgentService/ResumeAgent": ADMIN,
  "/transship.v1.AgentService/RevokeAgent": ADMIN,
  "/transship.v1.AgentService/CreateAgentToken": ADMIN,
  "/transship.v1.WebhookService/ListWebhooks": ADMIN,
  "/transship.v1.WebhookService/GetWebhook": ADMIN,
  "/transship.v1.WebhookService/TestWebhook": ADMIN,
  "/transship.v1.ServerService/GetServerInfo": BOTH,
  "/transship.v1.WorkService/Work": AGENT,
  "/grpc.health.v1.Health/Check": ANYONE,
  "/grpc.health.v1.Health/Watch": ANYONE,
} as const satisfies Record<string, readonly Role[] | typeof ANYONE>;

type Row = readonly Role[] | typeof ANYONE;

/** Who may call an RPC; undefined = it has no row, so nobody. */
export function rowFor(path: string): Row | undefined {
  return Object.hasOwn(POLICY, path) ? POLICY[path as keyof typeof POLICY] : undefined;
}

/** Whether the row lets a caller with these roles in; no caller = no login. */
export function allows(row: Row, roles: readonly Role[] | undefined): boolean {
  return row === ANYONE || (roles?.some((role) => row.includes(role)) ?? false);
}

/** Refuses to serve what nobody decided on. @throws TransshipError `INTERNAL` that names the RPCs without a row. */
export function requirePolicy(services: readonly ServiceDefinition[]): void {
  const paths = services.flatMap((service) => Object.values(service).map((method) => method.path));
  const open = paths.filter((path) => rowFor(path) === undefined);
  if (open.length === 0) return;
  throw new TransshipError("INTERNAL", {
    what: "starting the gRPC services",
    why: `no row in the policy table for ${open.join(", ")}`,
    hint: "Say in access/policy.ts who may call it.",
  });
}
