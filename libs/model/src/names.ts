import { z } from "zod";

/** Names of instances, rules and agents: lower-case letters, digits, `-` `.` `_`, starting with a letter or digit, at most 128 characters. */
export const resourceName = z
  .string()
  .max(128, "a name has at most 128 characters")
  .regex(/^[a-z0-9][a-z0-9._-]*$/, "a name has lower-case letters, digits, `-`, `.` and `_`, and starts with a letter or digit");

/** Labels: free words by key. */
export const labelsSchema = z.record(z.string().max(63), z.string().max(255, "a label's value has at most 255 characters"), {
  error: ({ code }) => (code === "invalid_key" ? "a label's key has at most 63 characters" : undefined),
});

/** The name of something that executions are of: a rule, or an edge of a replication, `REPLICATION:REPLICA`. */
export const runnableName = z
  .string()
  .max(257, "a name has at most 128 characters")
  .regex(/^[a-z0-9][a-z0-9._-]*(:[a-z0-9][a-z0-9._-]*)?$/, "is neither the name of a rule nor of an edge (REPLICATION:REPLICA)");

const component = "[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*";
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);

/** Whether `text` is a repository name (OCI distribution-spec 1.1, "Pulling manifests"): lower case, parts separated by `/`, at most 255 characters. */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && repositoryPattern.test(text);
}

/** A namespace: the leading part of a repository name, one or several levels. */
export const namespaceName = z
  .string()
  .refine(isRepositoryName, "a namespace is lower case, parts separated by `/`, each starting and ending with a letter or digit");

/** The name of a repository below a namespace: `app` for `team0/app` in `team0`; undefined where it is not below it. */
export function belowNamespace(namespace: string | undefined, repository: string): string | undefined {
  if (namespace === undefined) return repository;
  const prefix = `${namespace}/`;
  return repository.startsWith(prefix) ? repository.slice(prefix.length) : undefined;
}

/** A free label of a region, border, account or network: short, without spaces at its ends. */
export const label = z.string().regex(/^\S(?:.{0,62}\S)?$/u, "1 to 64 characters, no space at either end");
