import { compilePattern, type NameFilter, type Pattern, type RuleSpec } from "@transship/model";
import { Range } from "semver";

/** The parts of a rule that say what it takes from its source. */
export type Selection = Pick<RuleSpec, "source" | "repositories" | "tags" | "kinds">;

/** Include and exclude patterns of names, compiled. */
export interface CompiledNames {
  /** Undefined = all. */
  readonly include: readonly Pattern[] | undefined;
  readonly exclude: readonly Pattern[];
}

/** A selection whose patterns and range are compiled, for many repositories and tags. */
export interface CompiledSelection {
  readonly spec: Selection;
  readonly repository: Pattern;
  readonly repositories: CompiledNames;
  readonly tag: Pattern;
  readonly tags: CompiledNames;
  readonly range: Range | undefined;
}

/** @throws TransshipError `INVALID_ARGUMENT` for a pattern that is none, which a checked rule does not have. */
export function compileSelection(spec: Selection): CompiledSelection {
  const { source, repositories, tags } = spec;
  return {
    spec,
    repository: compilePattern(source.repository),
    repositories: compileNames(repositories),
    tag: compilePattern(source.tag),
    tags: compileNames(tags),
    range: tags?.semver === undefined ? undefined : new Range(tags.semver),
  };
}

function compileNames(filter: NameFilter | undefined): CompiledNames {
  return { include: filter?.include?.map(compilePattern), exclude: (filter?.exclude ?? []).map(compilePattern) };
}

/** Which facts of a tag a selection decides by, beside its name. */
export function factsNeeded({ spec: { kinds, tags } }: CompiledSelection): { readonly kind: boolean; readonly time: boolean } {
  return {
    kind: kinds !== undefined,
    time: tags?.pushedWithin !== undefined || (tags?.newest !== undefined && tags.newestBy === "pushed"),
  };
}
