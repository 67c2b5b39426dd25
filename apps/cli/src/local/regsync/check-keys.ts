import { nearestName } from "@transship/model";
import { formatPath, type Path } from "../../topology/issue.ts";
import type { KeyFate } from "./supported-keys.ts";

export type Plain = Readonly<Record<string, unknown>>;

export function isPlain(value: unknown): value is Plain {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Sorts the keys of a mapping by what becomes of them. Keys that are there but say nothing (false, empty) are as if absent. */
export function checkKeys(value: Plain, path: Path, known: Readonly<Record<string, KeyFate>>) {
  const mistakes: { path: Path; message: string }[] = [];
  const unneeded: string[] = [];
  for (const [key, member] of Object.entries(value)) {
    const fate = Object.hasOwn(known, key) ? known[key] : undefined;
    const here = [...path, key];
    if (fate === undefined) mistakes.push({ path: here, message: unknownKey(key, Object.keys(known)) });
    else if (saysNothing(member) || fate === "used") continue;
    else if (fate === "unneeded") unneeded.push(formatPath(here));
    else mistakes.push({ path: here, message: `is not supported: ${fate.slice("refused: ".length)}` });
  }
  return { mistakes, unneeded };
}

function unknownKey(key: string, known: readonly string[]): string {
  const near = nearestName(key, known);
  return `unknown key \`${key}\`${near === undefined ? "" : `; did you mean \`${near}\`?`}`;
}

function saysNothing(value: unknown): boolean {
  return (
    value === undefined ||
    value === null ||
    value === false ||
    value === "" ||
    (typeof value === "object" && Object.keys(value).length === 0)
  );
}
