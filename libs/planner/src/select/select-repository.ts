import { belowNamespace, type Pattern } from "@transship/model";
import { type Refusal, refuse } from "./refusals.ts";
import { quote, refuseByPatterns } from "./refuse-names.ts";
import type { CompiledNames, CompiledSelection } from "./selection.ts";

/** Why a repository of the source is not selected; undefined where it is. `repository` is its whole name. */
export function refuseRepository(selection: CompiledSelection, repository: string): Refusal | undefined {
  const { namespace } = selection.spec.source;
  const below = belowNamespace(namespace, repository);
  if (below === undefined) return refuse("namespace", `${repository} is not below ${namespace}/`);
  if (!selection.repository.matches(below)) {
    return refuse("repository-pattern", `source.repository ${quote(selection.repository.source)} does not match ${below}`);
  }
  return refuseByPatterns(selection.repositories, below, "repository-not-included", "repository-excluded");
}

/** The repositories that alone can match, by their whole names, where the rule says them plainly: then no catalogue is needed. Undefined = a catalogue is. */
export function plainRepositories(selection: CompiledSelection): string[] | undefined {
  const names = plainNames(selection.repository, selection.repositories);
  const { namespace } = selection.spec.source;
  return names
    ?.map((name) => (namespace === undefined ? name : `${namespace}/${name}`))
    .filter((name) => refuseRepository(selection, name) === undefined);
}

function plainNames(pattern: Pattern, { include }: CompiledNames): string[] | undefined {
  if (pattern.literal !== undefined) return [pattern.literal];
  const names = include?.flatMap(({ literal }) => literal ?? []);
  return names === undefined || names.length < (include?.length ?? 0) ? undefined : [...new Set(names)];
}
