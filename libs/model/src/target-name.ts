import { z } from "zod";
import { belowNamespace, isRepositoryName } from "./names.ts";
import type { RuleSource, RuleTarget } from "./rule.ts";

/** What a template of a target repository can name. */
const VARIABLES = ["repository", "namespace", "name"] as const;
const VARIABLE = /\{\{\s*([^{}]*?)\s*\}\}/g;

/** A template of a repository name: characters of such a name, and variables in double braces. */
export const targetTemplate = z
  .string()
  .min(1)
  .max(255)
  .superRefine((template, context) => {
    for (const [, name = ""] of template.matchAll(VARIABLE)) {
      if (VARIABLES.some((known) => known === name)) continue;
      context.addIssue({
        code: "custom",
        message: `unknown variable {{${name}}}; known: ${VARIABLES.map((one) => `{{${one}}}`).join(", ")}`,
      });
    }
    // Whatever the variables are, what stands around them must leave a repository name.
    if (!isRepositoryName(template.replaceAll(VARIABLE, "a"))) {
      context.addIssue({
        code: "custom",
        message: "must be a repository name: lower case, parts separated by `/`, with {{repository}}, {{namespace}} and {{name}} in it",
      });
    }
  });

/** Whether a template names the source's namespace, which only a rule that has one can fill in. */
export function namesNamespace(template: string | undefined): boolean {
  return variablesOf(template).includes("namespace");
}

/**
 * The repository at the target for a repository at the source: its name below the source's namespace, flattened, put into the template, below the target's namespace.
 * Undefined where the source's name is not below the rule's namespace. The result need not be a repository name: it may have grown too long.
 */
export function targetRepository(source: RuleSource, target: RuleTarget, repository: string): string | undefined {
  const rest = belowNamespace(source.namespace, repository);
  if (rest === undefined) return undefined;
  const parts = rest.split("/");
  const name = parts.at(-1) ?? rest;
  const dropped = target.flatten === "all" ? parts.length - 1 : Math.min(target.flatten ?? 0, parts.length - 1);
  const values: Readonly<Record<string, string>> = { repository: parts.slice(dropped).join("/"), namespace: source.namespace ?? "", name };
  const filled = (target.repository ?? "{{repository}}").replaceAll(VARIABLE, (_variable, key: string) => values[key] ?? "");
  const namespace = target.namespace ?? source.namespace;
  return namespace === undefined ? filled : `${namespace}/${filled}`;
}

/**
 * Whether two repositories of the source, or one by way of two targets, can get one name at the targets of a rule: levels are dropped, a template leaves the name out, or
 * targets in one instance have namespaces that overlap.
 */
export function mayCollide(targets: readonly RuleTarget[]): boolean {
  const merges = ({ flatten = 0, repository }: RuleTarget) => flatten !== 0 || !variablesOf(repository).includes("repository");
  return targets.some((target, index) => merges(target) || targets.slice(0, index).some((other) => overlap(target, other)));
}

function overlap(a: RuleTarget, b: RuleTarget): boolean {
  if (a.instance !== b.instance) return false;
  if (a.namespace === undefined || b.namespace === undefined || a.namespace === b.namespace) return true;
  return belowNamespace(a.namespace, b.namespace) !== undefined || belowNamespace(b.namespace, a.namespace) !== undefined;
}

function variablesOf(template = "{{repository}}"): string[] {
  return [...template.matchAll(VARIABLE)].map(([, name = ""]) => name);
}
