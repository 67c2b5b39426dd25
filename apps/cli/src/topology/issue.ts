import type { LineCounter, ParsedNode } from "yaml";
import { type Document, isMap, isScalar, isSeq } from "yaml";

/** A path from the root of a document to a value. */
export type Path = readonly (string | number)[];

/** What is wrong, and where. Lines and columns count from 1. */
export interface Issue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: Path;
  readonly message: string;
}

/** `topology.yaml:12:5: spec.source.tag: …`, as editors can follow it. */
export function formatIssue(issue: Issue): string {
  const path = issue.path.length === 0 ? "" : `${formatPath(issue.path)}: `;
  return `${issue.file}:${issue.line}:${issue.column}: ${path}${issue.message}`;
}

/** `spec.targets[0].instance`. */
export function formatPath(path: Path): string {
  return path.map((part, index) => (typeof part === "number" ? `[${part}]` : `${index > 0 ? "." : ""}${part}`)).join("");
}

/** Where a path leads in a YAML document: the key of a member, an element of a list, or the nearest thing that exists. */
export function locate(document: Document<ParsedNode>, lines: LineCounter, path: Path): { readonly line: number; readonly column: number } {
  let offset = document.contents?.range[0] ?? document.range?.[0] ?? 0;
  let node: unknown = document.contents;
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find((item) => isScalar(item.key) && String(item.key.value) === String(part));
      if (pair === undefined) break;
      offset = (pair.key as ParsedNode).range[0];
      node = pair.value;
    } else if (isSeq(node) && typeof part === "number") {
      const item = node.items[part] as ParsedNode | undefined;
      if (item === undefined) break;
      offset = item.range[0];
      node = item;
    } else {
      break;
    }
  }
  const { line, col } = lines.linePos(offset);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}
