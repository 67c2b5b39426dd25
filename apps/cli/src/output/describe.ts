import { formatAge, formatBytes } from "../quantities.ts";
import { printable } from "./printable.ts";
import { textWidth } from "./text-width.ts";

/** A JSON value as indented `Name: value` lines, with byte counts and times in words. For people; programs use `-o json`. */
export function describeValue(value: object): string {
  return `${lines(value, "").join("\n")}\n`;
}

function lines(value: object, indent: string): string[] {
  const entries = Object.entries(value).filter(([, member]) => !isEmpty(member));
  const width = Math.max(0, ...entries.filter(([, member]) => !isNested(member)).map(([key]) => textWidth(key)));
  return entries.flatMap(([key, member]) => {
    if (!isNested(member)) return [`${indent}${`${key}:`.padEnd(width + 2)}${scalar(key, member)}`];
    if (Array.isArray(member)) return [`${indent}${key}:`, ...member.flatMap((item) => listItem(item, `${indent}  `))];
    return [`${indent}${key}:`, ...lines(member as object, `${indent}  `)];
  });
}

function listItem(item: unknown, indent: string): string[] {
  if (!isNested(item)) return [`${indent}- ${scalar("", item)}`];
  return lines(item as object, `${indent}  `).map((line, index) => (index === 0 ? `${indent}- ${line.trimStart()}` : line));
}

function isNested(value: unknown): boolean {
  if (Array.isArray(value)) return !value.every((item) => typeof item === "string");
  return typeof value === "object" && value !== null;
}

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === "" || (typeof value === "object" && Object.keys(value).length === 0);
}

const BYTE_KEYS = new Set(["copied", "mounted", "existing", "resumed", "wasted", "totalBytes", "doneBytes", "fetchedBytes", "bytes"]);

function scalar(key: string, value: unknown): string {
  if (typeof value === "number" && BYTE_KEYS.has(key)) return value < 1024 ? formatBytes(value) : `${formatBytes(value)} (${value})`;
  if (typeof value === "string" && key.endsWith("At")) return `${value} (${formatAge(value)})`;
  return printable(Array.isArray(value) ? value.join(", ") : String(value));
}
