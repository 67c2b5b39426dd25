import type { Path } from "./issue.ts";
import { isPlain, type Mistake, type Plain, readSecret, type Surroundings } from "./read-secret.ts";
import { resolveEndpoint } from "./resolve-endpoint.ts";

/**
 * A document with what it names instead of holding read in: `caFile` into `ca`, `certificateFile` and `keyFile` into certificate and key, `passwordFrom` into
 * `password`, `secretFrom` into `secret`. What cannot be read is told in `mistakes`, and filled with something valid so that it is not told twice.
 */
export async function resolveFiles(document: unknown, around: Surroundings): Promise<{ document: unknown; mistakes: readonly Mistake[] }> {
  if (!isPlain(document) || !isPlain(document.spec)) return { document, mistakes: [] };
  const mistakes: Mistake[] = [];
  const read = (part: Plain, name: "password" | "secret", path: Path) => readSecret(part, name, path, around, mistakes);
  if (document.kind === "Webhook") return { document: { ...document, spec: await read(document.spec, "secret", ["spec"]) }, mistakes };
  if (document.kind !== "Instance") return { document, mistakes };
  const spec = { ...document.spec };
  if (Array.isArray(spec.endpoints)) {
    spec.endpoints = await Promise.all(
      spec.endpoints.map((endpoint, index) => resolveEndpoint(endpoint, ["spec", "endpoints", index], around, mistakes)),
    );
  }
  if (isPlain(spec.credential)) spec.credential = await read(spec.credential, "password", ["spec", "credential"]);
  if (isPlain(spec.webhook)) spec.webhook = await read(spec.webhook, "secret", ["spec", "webhook"]);
  return { document: { ...document, spec }, mistakes };
}
