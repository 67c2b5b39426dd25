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

/** The password of a document that states none: the server keeps the stored one where user and URLs are the same. */
export const KEPT_PASSWORD = "(kept)";

type Plain = Record<string, unknown>;

/**
 * A document of kind Instance with its `caFile` read into `ca`, and `passwordFrom` into `password`; other documents are returned as they are.
 * What cannot be read is told in `mistakes`, and filled with something valid so that it is not told twice.
 */
export async function resolveFiles(document: unknown, around: Surroundings): Promise<{ document: unknown; mistakes: readonly Mistake[] }> {
  if (!isPlain(document) || document.kind !== "Instance" || !isPlain(document.spec)) return { document, mistakes: [] };
  const mistakes: Mistake[] = [];
  const spec = { ...document.spec };
  if (Array.isArray(spec.endpoints)) {
    spec.endpoints = await Promise.all(
      spec.endpoints.map((endpoint, index) => readCa(endpoint, ["spec", "endpoints", index], around, mistakes)),
    );
  }
  if (isPlain(spec.credential)) spec.credential = await readPassword(spec.credential, ["spec", "credential"], around, mistakes);
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

async function readPassword(credential: Plain, path: Path, around: Surroundings, mistakes: Mistake[]): Promise<unknown> {
  const { passwordFrom, ...rest } = credential;
  const filled = { ...rest, password: KEPT_PASSWORD };
  if ("password" in rest) {
    return mistake(
      mistakes,
      [...path, "password"],
      "passwords are not kept in files; use `passwordFrom: {env: NAME}` or `passwordFrom: {file: PATH}`",
      filled,
    );
  }
  if (passwordFrom === undefined) return filled;
  const here = [...path, "passwordFrom"];
  if (!isPlain(passwordFrom) || Object.keys(passwordFrom).length !== 1)
    return mistake(mistakes, here, "must be {env: NAME} or {file: PATH}", filled);
  const { env, file } = passwordFrom;
  if (typeof env === "string") {
    const value = around.environment[env];
    if (value === undefined || value === "")
      return mistake(mistakes, [...here, "env"], `the environment variable ${env} is not set`, filled);
    return { ...rest, password: value };
  }
  if (typeof file !== "string") return mistake(mistakes, here, "must be {env: NAME} or {file: PATH}", filled);
  try {
    const value = (await readFile(resolve(around.directory, file), "utf8")).trim();
    return value === "" ? mistake(mistakes, [...here, "file"], `${file} is empty`, filled) : { ...rest, password: value };
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
