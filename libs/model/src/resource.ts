import { z } from "zod";
import { instanceSpecSchema } from "./instance.ts";
import { labelsSchema, resourceName } from "./names.ts";
import { replicationSpecSchema } from "./replication.ts";
import { treeFaults } from "./replication-tree.ts";
import { isOntoItself, ruleSpecSchema } from "./rule.ts";
import { namesNamespace } from "./target-name.ts";
import { webhookSpecSchema } from "./webhook.ts";

/** The version that every document of ours carries. */
export const API_VERSION = "transship/v1";

const metadataSchema = z.strictObject({
  name: resourceName,
  labels: labelsSchema.default({}),
});

const instanceResource = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Instance"),
  metadata: metadataSchema,
  spec: instanceSpecSchema,
});

const ruleResource = z
  .strictObject({ apiVersion: z.literal(API_VERSION), kind: z.literal("Rule"), metadata: metadataSchema, spec: ruleSpecSchema })
  .superRefine((rule, context) => {
    const { relay } = rule.spec;
    if (relay !== undefined && [rule.spec.source, ...rule.spec.targets].some(({ instance }) => instance === relay.instance)) {
      const message = `${relay.instance} is a side of the rule already; name a third instance that both sides' agents reach`;
      context.addIssue({ code: "custom", path: ["spec", "relay", "instance"], message });
    }
    for (const [index, target] of rule.spec.targets.entries()) {
      if (rule.spec.source.namespace === undefined && namesNamespace(target.repository)) {
        context.addIssue({
          code: "custom",
          path: ["spec", "targets", index, "repository"],
          message: "names {{namespace}}, but the rule's source has no namespace",
        });
      }
      if (!isOntoItself(rule.spec.source, target)) continue;
      context.addIssue({
        code: "custom",
        path: ["spec", "targets", index],
        message: `copies ${target.instance} onto itself; name another instance or another namespace`,
      });
    }
  });

const replicationResource = z
  .strictObject({
    apiVersion: z.literal(API_VERSION),
    kind: z.literal("Replication"),
    metadata: metadataSchema,
    spec: replicationSpecSchema,
  })
  .superRefine(({ spec }, context) => {
    for (const { path, message } of treeFaults(spec)) context.addIssue({ code: "custom", path: ["spec", ...path], message });
  });

const webhookResource = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Webhook"),
  metadata: metadataSchema,
  spec: webhookSpecSchema,
});

/** What is said of an agent by its name, whether it is there or not: for now, labels. */
const agentResource = z.strictObject({
  apiVersion: z.literal(API_VERSION),
  kind: z.literal("Agent"),
  metadata: metadataSchema,
  spec: z.strictObject({}).default({}),
});

const SCHEMAS = {
  Instance: instanceResource,
  Rule: ruleResource,
  Replication: replicationResource,
  Webhook: webhookResource,
  Agent: agentResource,
} as const;

/** Kinds of document that can be applied; what names others comes after them. */
export const RESOURCE_KINDS = ["Instance", "Rule", "Replication", "Webhook", "Agent"] as const;
export type ResourceKind = (typeof RESOURCE_KINDS)[number];

export type InstanceResource = z.infer<typeof instanceResource>;
export type RuleResource = z.infer<typeof ruleResource>;
export type ReplicationResource = z.infer<typeof replicationResource>;
export type WebhookResource = z.infer<typeof webhookResource>;
export type AgentResource = z.infer<typeof agentResource>;
/** A document of a topology file, checked. */
export type Resource = InstanceResource | RuleResource | ReplicationResource | WebhookResource | AgentResource;

/** What is wrong with a document, and where: `path` leads from its root to the value. */
export interface ResourceIssue {
  readonly path: readonly (string | number)[];
  readonly message: string;
}

/** A document read from YAML or JSON as a resource, or everything that is wrong with it. Unknown keys are issues, with the nearest known key. */
export function parseResource(document: unknown): { resource: Resource } | { issues: readonly ResourceIssue[] } {
  const kind = typeof document === "object" && document !== null && "kind" in document ? document.kind : undefined;
  const known = RESOURCE_KINDS.find((one) => one === kind);
  const schema = known && SCHEMAS[known];
  if (schema === undefined) return { issues: [{ path: ["kind"], message: `must be one of: ${RESOURCE_KINDS.join(", ")}` }] };
  const result = schema.safeParse(document);
  if (result.success) return { resource: result.data };
  return { issues: result.error.issues.flatMap((issue) => describeIssue(issue, schema)) };
}

function describeIssue(issue: z.core.$ZodIssue, schema: z.ZodType): ResourceIssue[] {
  const path = issue.path.map((part) => (typeof part === "symbol" ? String(part) : part));
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  const known = knownKeys(schema, path);
  return issue.keys.map((key) => ({ path: [...path, key], message: `unknown key \`${key}\`${suggestion(key, known)}` }));
}

/** Keys of the object that a path leads to; follows objects, arrays and wrappers of the schema. */
function knownKeys(schema: z.ZodType, path: readonly (string | number)[]): string[] {
  let here = unwrap(schema);
  for (const part of path) {
    if (here instanceof z.ZodObject) here = unwrap(here.shape[String(part)]);
    else if (here instanceof z.ZodArray) here = unwrap(here.element as z.ZodType);
    else return [];
  }
  return here instanceof z.ZodObject ? Object.keys(here.shape) : [];
}

function unwrap(schema: z.ZodType | undefined): z.ZodType | undefined {
  let inner = schema;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional) inner = inner.unwrap() as z.ZodType;
  return inner;
}

function suggestion(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  if (near !== undefined) return `; did you mean \`${near}\`?`;
  return known.length === 0 ? "" : `; known keys: ${known.join(", ")}`;
}

/** The known name that somebody who wrote `name` most likely meant; undefined where none is near. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const near = known
    .map((candidate) => ({ candidate, distance: editDistance(name.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.distance - b.distance)[0];
  return near !== undefined && near.distance <= Math.max(2, Math.floor(name.length / 3)) ? near.candidate : undefined;
}

/** Levenshtein distance, for suggestions only. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min((row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1, substitution));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
