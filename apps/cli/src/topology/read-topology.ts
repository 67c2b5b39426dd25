import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { TransshipError } from "@transship/errors";
import type { Call } from "../command.ts";
import { ListedError } from "../report-error.ts";
import { findDanglingReferences, findDuplicates } from "./check-references.ts";
import { formatIssue, type Issue } from "./issue.ts";
import { type PlacedResource, parseTopology } from "./parse-topology.ts";

/** A file as `-f` names it. */
export interface SourceFile {
  /** As it was named; `<stdin>` for `-`. */
  readonly name: string;
  readonly text: string;
  /** Directory that file names in it are relative to. */
  readonly directory: string;
}

/** Reads what `-f` names. @throws TransshipError `INVALID_ARGUMENT` for a file that cannot be read. */
export async function readSourceFile(name: string, call: Pick<Call, "streams">): Promise<SourceFile> {
  try {
    if (name !== "-") return { name, text: await readFile(name, "utf8"), directory: dirname(resolve(name)) };
    const chunks: Buffer[] = [];
    for await (const chunk of call.streams.in) chunks.push(Buffer.from(chunk));
    return { name: "<stdin>", text: Buffer.concat(chunks).toString("utf8"), directory: process.cwd() };
  } catch (cause) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `reading ${name}`,
      why: cause instanceof Error ? cause.message : String(cause),
      cause,
    });
  }
}

/** All documents of all files. @throws ListedError with every mistake, at file, line and column. */
export async function readTopology(files: readonly SourceFile[], environment: Call["environment"]): Promise<PlacedResource[]> {
  const resources: PlacedResource[] = [];
  const issues: Issue[] = [];
  for (const file of files) {
    const found = await parseTopology(file.name, file.text, { directory: file.directory, environment });
    resources.push(...found.resources);
    issues.push(...found.issues);
  }
  issues.push(...findDuplicates(resources));
  throwIssues("INVALID_ARGUMENT", files, issues);
  if (resources.length > 0) return resources;
  throw new TransshipError("INVALID_ARGUMENT", {
    what: `reading ${files.map((file) => file.name).join(", ")}`,
    why: "there is no document in it",
  });
}

/** @throws ListedError `NOT_FOUND` with every reference to an instance that is neither described nor in `existing`. */
export function checkReferences(files: readonly SourceFile[], resources: readonly PlacedResource[], existing: readonly string[]): void {
  throwIssues("NOT_FOUND", files, findDanglingReferences(resources, existing));
}

function throwIssues(code: "INVALID_ARGUMENT" | "NOT_FOUND", files: readonly SourceFile[], issues: readonly Issue[]): void {
  if (issues.length === 0) return;
  const what = `reading ${files.map((file) => file.name).join(", ")}`;
  const why = `${issues.length === 1 ? "there is a mistake" : `there are ${issues.length} mistakes`} in it; nothing was applied`;
  throw new ListedError(code, { what, why, hint: "Correct the lines above and try again." }, issues.map(formatIssue));
}
