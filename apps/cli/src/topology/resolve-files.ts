import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Environment } from "../environment.ts";
import type { Path } from "./issue.ts";

/** What a document may be resolved with. */
export interface Surroundings {
  /** Directory that file names in the document are relative to. */
  readonly directory: string;
  readonly environment: Environment;
}

interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** The password or secret of a document that states none: the server keeps the stored one where that is safe. */
export const KEPT_SECRET = "(kept as it is stored)";

type Plain = Record<string, unknown>;

/**
 * A document with what it names instead of holding read in: `caFile` into `ca`, `passwordFrom` into `password`, `secretFrom` into `secret`.
 * What cannot be read is told in `mistakes`, and filled with something valid so that it is not told twice.
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
      spec.endpoints.map((endpoint, index) => readCa(endpoint, ["spec", "endpoints", index], around, mistakes)),
    );
  }
  if (isPlain(spec.credential)) spec.credential = await read(spec.credential, "password", ["spec", "credential"]);
  if (isPlain(spec.webhook)) spec.webhook = await read(spec.webhook, "secret", ["spec", "webhook"]);
  return { document: { ...document, spec }, mistakes };
}

async function readCa(endpoint: unknown, path: Path, around: Surroundings, mistakes: Mistake[]): Promise<unknown> {
  if (!isPlain(endpoint) || !("caFile" in endpoint)) return endpoint;
  const { caFile, ...rest } = endpoint;
  if (typeof caFile !== "string") return mistake(mistakes, [...path, "caFile"], "must be the name of a file", rest);
  if ("ca" in rest) return mistake(mistakes, [...path, "caFile"], "give either `ca` or `caFile`", rest);
  try {
    return { ...rest, ca: await readFile(resolve(around.directory, caFile), "utf8") };
  } catch (error) {
    return mistake(mistakes, [...path, "caFile"], (error as Error).message, rest);
  }
}

async function readSecret(
  part: Plain,
  name: "password" | "secret",
  path: Path,
  around: Surroundings,
  mistakes: Mistake[],
): Promise<unknown> {
  const { [`${name}From`]: from, ...rest } = part;
  const filled = { ...rest, [name]: KEPT_SECRET };
  const forms = "{env: NAME} or {file: PATH}";
  if (name in rest) {
    return mistake(mistakes, [...path, name], `a ${name} is not kept in files; use \`${name}From\`: ${forms}`, filled);
  }
  if (from === undefined) return filled;
  const here = [...path, `${name}From`];
  if (!isPlain(from) || Object.keys(from).length !== 1) return mistake(mistakes, here, `must be ${forms}`, filled);
  const { env, file } = from;
  if (typeof env === "string") {
    const value = around.environment[env];
    if (value === undefined || value === "")
      return mistake(mistakes, [...here, "env"], `the environment variable ${env} is not set`, filled);
    return { ...rest, [name]: value };
  }
  if (typeof file !== "string") return mistake(mistakes, here, `must be ${forms}`, filled);
  try {
    const value = (await readFile(resolve(around.directory, file), "utf8")).trim();
    return value === "" ? mistake(mistakes, [...here, "file"], `${file} is empty`, filled) : { ...rest, [name]: value };
  } catch (error) {
    return mistake(mistakes, [...here, "file"], (error as Error).message, filled);
  }
}

function mistake(mistakes: Mistake[], path: Path, message: string, instead: unknown): unknown {
  mistakes.push({ path, message });
  return instead;
}

function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
