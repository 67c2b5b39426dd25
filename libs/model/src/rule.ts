import { z } from "zod";
import { namespaceName, resourceName } from "./names.ts";
import { compilePattern } from "./pattern.ts";

/** A pattern as text, checked when it is read. */
const patternText = z.string().superRefine((text, context) => {
  try {
    compilePattern(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
});

/** What to copy: a part of one instance. */
export const ruleSourceSchema = z.strictObject({
  instance: resourceName,
  /** Leading part of the repository names, one or several levels; absent = all namespaces. */
  namespace: namespaceName.optional(),
  /** RE2, anchored at both ends, matched against the repository's name below the namespace; absent = all. */
  repository: patternText.optional(),
  /** RE2, anchored at both ends; absent = all. */
  tag: patternText.optional(),
});

/** Where to copy to. */
export const ruleTargetSchema = z.strictObject({
  instance: resourceName,
  /** Takes the place of the source's namespace; absent = the same name as at the source. */
  namespace: namespaceName.optional(),
});

/** What to do with a tag that exists at the target with another digest. */
export const OVERWRITE = ["always", "never"] as const;
export type Overwrite = (typeof OVERWRITE)[number];

/** On-demand synchronisation of part of one instance to places in others. */
export const ruleSpecSchema = z.strictObject({
  description: z.string().max(1024).optional(),
  source: ruleSourceSchema,
  targets: z.array(ruleTargetSchema).min(1, "needs at least one target"),
  overwrite: z.enum(OVERWRITE, { error: `must be one of: ${OVERWRITE.join(", ")}` }).default("always"),
  enabled: z.boolean().default(true),
});

export type RuleSource = z.infer<typeof ruleSourceSchema>;
export type RuleTarget = z.infer<typeof ruleTargetSchema>;
export type RuleSpec = z.infer<typeof ruleSpecSchema>;

/** A rule as stored. */
export interface Rule {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: RuleSpec;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The repository at the target for a repository at the source; undefined where the source's name is not below the rule's namespace. */
export function targetRepository(source: RuleSource, target: RuleTarget, repository: string): string | undefined {
  const rest = belowNamespace(source.namespace, repository);
  if (rest === undefined) return undefined;
  if (target.namespace === undefined) return repository;
  return `${target.namespace}/${rest}`;
}

/** The name of a repository below a namespace: `app` for `team0/app` in `team0`; undefined where it is not below it. */
export function belowNamespace(namespace: string | undefined, repository: string): string | undefined {
  if (namespace === undefined) return repository;
  const prefix = `${namespace}/`;
  return repository.startsWith(prefix) ? repository.slice(prefix.length) : undefined;
}

/** Whether a rule would copy a place onto itself: same instance, same names. */
export function isOntoItself(source: RuleSource, target: RuleTarget): boolean {
  return source.instance === target.instance && (target.namespace === undefined || target.namespace === source.namespace);
}
