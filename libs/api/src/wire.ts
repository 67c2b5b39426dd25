/**
 * Every message and service of `proto/transship/v1` and the health protocol, under their proto names; `@transship/api` exports them as `wire`.
 * Names are unique across the files of a proto package, so one flat namespace holds them all.
 */
export * from "./gen/grpc/health/v1/health.ts";
export * from "./gen/transship/v1/agent.ts";
export * from "./gen/transship/v1/drift.ts";
export * from "./gen/transship/v1/execution.ts";
export * from "./gen/transship/v1/failure.ts";
export * from "./gen/transship/v1/instance.ts";
export * from "./gen/transship/v1/log.ts";
export * from "./gen/transship/v1/plan.ts";
export * from "./gen/transship/v1/replication.ts";
export * from "./gen/transship/v1/rule.ts";
export * from "./gen/transship/v1/server.ts";
export * from "./gen/transship/v1/task.ts";
export * from "./gen/transship/v1/topology.ts";
export * from "./gen/transship/v1/trace.ts";
export * from "./gen/transship/v1/webhook.ts";
export * from "./gen/transship/v1/work.ts";
