import { ruleResourceFromMessage, type wire } from "@transship/api";
import type { RuleSpec } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type ExecutionDocument, executionDocument } from "./execution.ts";

/** A rule as JSON has it. */
export interface RuleDocument extends Document {
  readonly kind: "Rule";
  readonly metadata: {
    readonly name: string;
    readonly labels: Record<string, string>;
    readonly createdAt?: string;
    readonly updatedAt?: string;
  };
  readonly spec: RuleSpec;
  readonly status: {
    readonly lastExecution:
      | ({ readonly id: string; readonly createdAt?: string; readonly finishedAt?: string } & ExecutionDocument["status"])
      | null;
    /** How its last executions ended, at most 20; null = none has. */
    readonly record: {
      readonly executions: number;
      readonly succeeded: number;
      readonly medianMs: number;
      readonly lastSuccessAt: string | null;
    } | null;
    /** Rules that were found to bring its targets' tags back to its source; absent = none, or not asked about this one rule. */
    readonly facing?: readonly string[];
    /** When it ran and will run without being asked. */
    readonly triggers: RuleTriggersDocument;
  };
}

export interface RuleTriggersDocument {
  /** ISO 8601, UTC, like all moments here. */
  readonly nextRuns: readonly string[];
  readonly lastDueAt?: string;
  readonly missedRuns: number;
  readonly lastMissedAt?: string;
  readonly lastEventAt?: string;
  readonly lastEvent?: string;
  readonly lastFullRunAt?: string;
  readonly nextPollAt?: string;
}

function triggersDocument(message: wire.RuleTriggerStatus | undefined): RuleTriggersDocument {
  const { nextRuns = [], missedRuns = 0, ...moments } = message ?? {};
  return { nextRuns, missedRuns, ...present(moments) };
}

/** A rule of the wire as JSON. */
export function ruleDocument(message: wire.Rule): RuleDocument {
  const resource = message.resource ?? { name: "", labels: {}, spec: undefined };
  const { spec } = ruleResourceFromMessage(resource) as { spec: RuleSpec };
  const last = message.lastExecution === undefined ? undefined : executionDocument(message.lastExecution);
  return {
    apiVersion: "transship/v1",
    kind: "Rule",
    metadata: { name: resource.name, labels: resource.labels, ...present({ createdAt: message.createdAt, updatedAt: message.updatedAt }) },
    spec,
    status: {
      lastExecution:
        last === undefined
          ? null
          : {
              id: last.metadata.id,
              ...present({ createdAt: last.metadata.createdAt, finishedAt: last.metadata.finishedAt }),
              ...last.status,
            },
      record: message.record === undefined ? null : { ...message.record, lastSuccessAt: message.record.lastSuccessAt || null },
      ...(message.facing.length === 0 ? {} : { facing: message.facing }),
      triggers: triggersDocument(message.triggers),
    },
  };
}
