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

/** Something that cannot be resolved, and where it is. */
export interface Mistake {
  readonly path: Path;
  readonly message: string;
}

/** The password, secret or key of a document that states none: the server keeps the stored one where that is safe. */
export const KEPT_SECRET = "(kept as it is stored)";

/** A mapping of a document. */
export type Plain = Record<string, unknown>;

/** A part of a document with `passwordFrom` read into `password`, or `secretFrom` into `secret`. */
export async function readSecret(
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

/** Notes a mistake; what is used instead is valid, so that it is not told twice. */
export function mistake(mistakes: Mistake[], path: Path, message: string, instead: unknown): unknown {
  mistakes.push({ path, message });
  return instead;
}

export function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
