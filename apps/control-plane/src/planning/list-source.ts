import type { ListingWishes } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { belowNamespace, type Instance, type Rule, type ScopeEntry } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { type ListedPage, listTags } from "../work/look-up.ts";
import { lookUntilThere } from "./look-until-there.ts";
import { maySelect } from "./may-select.ts";

/** How much is looked at, and how. */
interface Look {
  /** Absent = everything. */
  readonly scope: readonly ScopeEntry[] | undefined;
  readonly wishes: ListingWishes;
}

/**
 * What a run finds at the source, page by page: everything that the rule selects or, with a scope, what is there now of the tags and repositories that the scope
 * names. Nothing that is said of them is believed; what is gone by now is left out.
 */
export async function* listSource(
  desk: Desk,
  source: Instance,
  rule: Rule,
  { scope, wishes }: Look,
  signal: AbortSignal,
): AsyncGenerator<ListedPage> {
  if (scope === undefined) return yield* listTags(desk, source, rule.spec, wishes, signal);
  // The rule may have changed since the scope was drawn.
  const wanted = scope.filter(({ repository, tag }) => maySelect(rule, repository, tag));
  const whole = new Set(wanted.flatMap(({ repository, tag }) => (tag === undefined ? [repository] : [])));
  for await (const found of lookUntilThere(desk, source, wanted, signal)) {
    // Of a repository that is listed as a whole, tags are only waited for.
    yield { entries: found.filter(({ repository }) => !whole.has(repository)), refused: [] };
  }
  for (const repository of whole) yield* listRepository(desk, source, rule, repository, wishes, signal);
}

/** A repository that does not exist any more has nothing in it: here that is an answer, since nobody but an event named it. */
async function* listRepository(
  desk: Desk,
  source: Instance,
  { spec }: Rule,
  repository: string,
  wishes: ListingWishes,
  signal: AbortSignal,
): AsyncGenerator<ListedPage> {
  // Dots are the only characters of repository names that mean something else in patterns; plain names need no catalogue.
  const plain = (belowNamespace(spec.source.namespace, repository) ?? repository).replaceAll(".", "\\.");
  try {
    yield* listTags(desk, source, { ...spec, source: { ...spec.source, repository: plain } }, wishes, signal);
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || thrown.code !== "NAME_UNKNOWN") throw thrown;
  }
}
