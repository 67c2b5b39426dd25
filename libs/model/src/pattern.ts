import { TransshipError } from "@transship/errors";
import { RE2JS } from "re2js";

/** A name pattern of a rule: a regular expression in RE2 syntax, anchored at both ends. */
export interface Pattern {
  readonly source: string;
  /** The only text that it can match, where the expression is plain text; lets a caller skip listing. */
  readonly literal: string | undefined;
  matches(text: string): boolean;
}

/** Matches everything: the meaning of an absent pattern. */
export const anything: Pattern = { source: "", literal: undefined, matches: () => true };

/**
 * Compiles a pattern; empty or absent means everything. Linear time by construction (RE2), so that no pattern of a user can hang a process.
 * @throws TransshipError `INVALID_ARGUMENT` that quotes the pattern and what is wrong with it (look-around and back-references are not RE2).
 */
export function compilePattern(source: string | undefined): Pattern {
  if (source === undefined || source === "") return anything;
  const expression = compile(source);
  return { source, literal: literalOf(source), matches: (text) => expression.matches(text) };
}

function compile(source: string): RE2JS {
  try {
    return RE2JS.compile(source);
  } catch (cause) {
    throw new TransshipError("INVALID_ARGUMENT", {
      what: `pattern ${JSON.stringify(source)}`,
      why: cause instanceof Error ? cause.message : String(cause),
      hint: "Patterns are regular expressions in RE2 syntax (no look-around, no back-references); they must match the whole name.",
      cause,
    });
  }
}

/** Plain characters and escaped punctuation only, e.g. `app-1` or `v1\.2`. */
function literalOf(source: string): string | undefined {
  if (!/^(?:[A-Za-z0-9_/-]|\\[.\-_/])+$/.test(source)) return undefined;
  return source.replaceAll("\\", "");
}
