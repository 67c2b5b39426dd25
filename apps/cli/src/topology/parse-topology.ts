import { parseResource, type Resource } from "@transship/model";
import { LineCounter, type ParsedNode, parseAllDocuments } from "yaml";
import { type Issue, locate, type Path } from "./issue.ts";
import type { Surroundings } from "./read-secret.ts";
import { resolveFiles } from "./resolve-files.ts";

/** A document of a topology file, checked, with the way back to its place in the file. */
export interface PlacedResource {
  readonly resource: Resource;
  /** What is wrong with the value at a path, at its line. */
  readonly issueAt: (path: Path, message: string) => Issue;
}

/** Aliases (`*name`) that a document may expand to: more is an attack or an accident. */
const MAX_ALIASES = 100;

/** The documents of a topology file, and everything that is wrong with it. `file` is only used in messages. */
export async function parseTopology(
  file: string,
  text: string,
  around: Surroundings,
): Promise<{ resources: PlacedResource[]; issues: Issue[] }> {
  const lines = new LineCounter();
  const resources: PlacedResource[] = [];
  const issues: Issue[] = [];
  const parsed = parseAllDocuments<ParsedNode>(text, { lineCounter: lines, prettyErrors: false });
  for (const document of "empty" in parsed ? [] : parsed) {
    const issueAt = (path: Path, message: string): Issue => ({ file, ...locate(document, lines, path), path, message });
    for (const error of document.errors) {
      const { line, col } = lines.linePos(error.pos[0]);
      issues.push({ file, line, column: col, path: [], message: error.message });
    }
    if (document.errors.length > 0 || document.contents === null) continue;
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: MAX_ALIASES });
    } catch (error) {
      issues.push(issueAt([], (error as Error).message));
      continue;
    }
    if (value === null) continue;
    const resolved = await resolveFiles(value, around);
    const result = parseResource(resolved.document);
    const found = [...resolved.mistakes, ...("issues" in result ? result.issues : [])];
    issues.push(...found.map((issue) => issueAt(issue.path, plainWords(issue.message))));
    if (found.length === 0 && "resource" in result) resources.push({ resource: result.resource, issueAt });
  }
  return { resources, issues };
}

/** The validator's words for something that is not there, as people say it. */
function plainWords(message: string): string {
  const missing = /^Invalid input: expected (.+), received undefined$/.exec(message);
  if (missing !== null) return `is missing (${missing[1]})`;
  return message.replace(/^Invalid input: expected (.+), received (.+)$/, "must be $1, not $2").replace(/^Too big: /, "too big: ");
}
