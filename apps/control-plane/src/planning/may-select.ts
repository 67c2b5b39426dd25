import { belowNamespace, compilePattern, type Pattern, type Rule, subjectOfTag } from "@transship/model";

/**
 * Whether a rule can select a repository, or a tag in it, by their names: false means that it never does. Tags that belong to a digest (signatures) go with what
 * they belong to, so that their own name says nothing.
 */
export function maySelect({ spec }: Pick<Rule, "spec">, repository: string, tag: string | undefined): boolean {
  const below = belowNamespace(spec.source.namespace, repository);
  if (below === undefined || !matches(spec.source.repository, below) || !passes(spec.repositories, below)) return false;
  if (tag === undefined || subjectOfTag(tag) !== undefined) return true;
  return matches(spec.source.tag, tag) && passes(spec.tags, tag);
}

interface Names {
  readonly include?: readonly string[] | undefined;
  readonly exclude?: readonly string[] | undefined;
}

function passes({ include, exclude = [] }: Names = {}, name: string): boolean {
  return (include === undefined || include.some((pattern) => matches(pattern, name))) && !exclude.some((pattern) => matches(pattern, name));
}

const compiled = new Map<string, Pattern>();
const MOST_COMPILED = 10_000;

/** Compiling costs far more than matching, and the same patterns come with every event. */
function matches(source: string | undefined, name: string): boolean {
  if (source === undefined) return true;
  let pattern = compiled.get(source);
  if (pattern === undefined) {
    pattern = compilePattern(source);
    if (compiled.size >= MOST_COMPILED) compiled.clear();
    compiled.set(source, pattern);
  }
  return pattern.matches(name);
}
