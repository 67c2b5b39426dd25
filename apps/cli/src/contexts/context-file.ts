import { chmod, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { systemCode, TransshipError } from "@transship/errors";
import { parse, stringify } from "yaml";
import type { Environment } from "../environment.ts";

/** A named control plane. Secrets are in the files that it names, never in it. */
export interface Context {
  readonly name: string;
  readonly server: string;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tokenFile?: string;
}

/** The contexts of a user, and which of them is current. */
export interface ContextFile {
  readonly current: string | undefined;
  readonly contexts: readonly Context[];
}

/** `$XDG_CONFIG_HOME/transship/config.yaml`, by default under `~/.config`. */
export function contextFilePath(environment: Environment): string {
  const base = environment.XDG_CONFIG_HOME;
  return join(base === undefined || base === "" ? join(environment.HOME ?? homedir(), ".config") : base, "transship", "config.yaml");
}

/** Reads the file; one that does not exist has no contexts. @throws TransshipError `INVALID_ARGUMENT` for one that is not ours. */
export async function readContexts(path: string): Promise<ContextFile> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (systemCode(error) === "ENOENT") return { current: undefined, contexts: [] };
    throw unusable(path, error);
  }
  try {
    return checked(parse(text) as unknown);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** Writes the file, readable by its owner only. */
export async function writeContexts(path: string, file: ContextFile): Promise<void> {
  const text = stringify({ apiVersion: "transship/v1", kind: "Config", current: file.current, contexts: file.contexts });
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const temporary = `${path}.${process.pid}.tmp`;
    await writeFile(temporary, text, { mode: 0o600 });
    await chmod(temporary, 0o600);
    await rename(temporary, path);
  } catch (error) {
    throw unusable(path, error);
  }
}

/** A context by name. @throws TransshipError `NOT_FOUND` that lists the names. */
export function findContext(file: ContextFile, name: string): Context {
  const found = file.contexts.find((context) => context.name === name);
  if (found !== undefined) return found;
  const names = file.contexts.map((context) => context.name).join(", ");
  throw new TransshipError("NOT_FOUND", {
    what: `context ${name}`,
    why: names === "" ? "there are no contexts" : `known contexts: ${names}`,
    hint: `Add it with \`transship context add ${name} --server HOST:PORT\`.`,
  });
}

function checked(document: unknown): ContextFile {
  if (document === null || document === undefined) return { current: undefined, contexts: [] };
  const { current, contexts } = document as { current?: unknown; contexts?: unknown };
  if (contexts !== undefined && !Array.isArray(contexts)) throw new TypeError("`contexts` must be a list");
  return { current: typeof current === "string" ? current : undefined, contexts: (contexts ?? []).map(checkedContext) };
}

function checkedContext(entry: unknown): Context {
  const { name, server, tlsCa, tlsCert, tlsKey, tokenFile } = (entry ?? {}) as Record<string, unknown>;
  if (typeof name !== "string" || typeof server !== "string") throw new TypeError("each context needs `name` and `server`");
  return {
    name,
    server,
    ...(typeof tlsCa === "string" ? { tlsCa } : {}),
    ...(typeof tlsCert === "string" ? { tlsCert } : {}),
    ...(typeof tlsKey === "string" ? { tlsKey } : {}),
    ...(typeof tokenFile === "string" ? { tokenFile } : {}),
  };
}

function unusable(path: string, cause: unknown): TransshipError {
  const why = cause instanceof Error ? cause.message : String(cause);
  return new TransshipError("INVALID_ARGUMENT", {
    what: `the contexts in ${path}`,
    why,
    hint: "Correct the file, or remove it and add the contexts again.",
    cause,
  });
}
