import { type Reason, type Refusal, refuse } from "./refusals.ts";
import type { CompiledNames } from "./selection.ts";

/** Why include and exclude patterns leave a name out; undefined where they do not. An exclude pattern wins over every include pattern. */
export function refuseByPatterns(filter: CompiledNames, name: string, notIncluded: Reason, excluded: Reason): Refusal | undefined {
  const { include, exclude } = filter;
  const against = exclude.find((pattern) => pattern.matches(name));
  if (against !== undefined) return refuse(excluded, `exclude ${quote(against.source)} matches ${name}`);
  if (include === undefined || include.some((pattern) => pattern.matches(name))) return undefined;
  return refuse(
    notIncluded,
    `${include.map((pattern) => quote(pattern.source)).join(", ")} ${include.length === 1 ? "does" : "do"} not match ${name}`,
  );
}

/** A pattern as messages quote it. */
export function quote(pattern: string): string {
  return JSON.stringify(pattern);
}
