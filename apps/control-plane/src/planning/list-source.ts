import { TransshipError } from "@transship/errors";
import { belowNamespace, type Instance, type InventoryEntry, type Rule, type RuleSource, type ScopeEntry } from "@transship/model";
import type { Desk } from "../work/ask-nearest.ts";
import { listTags } from "../work/look-up.ts";
import { lookUntilThere } from "./look-until-there.ts";
import { maySelect } from "./may-select.ts";

/**
 * What a run finds at the source, page by page: everything that the rule selects or, with a scope, what is there now of the tags and repositories that the scope
 * names. Nothing that is said of them is believed; what is gone by now is left out.
 */
export async function* listSource(
  desk: Desk,
  source: Instance,
  rule: Rule,
  scope: readonly ScopeEntry[] | undefined,
  signal: AbortSignal,
): AsyncGenerator<InventoryEntry[]> {
  if (scope === undefined) return yield* listTags(desk, source, rule.spec.source, signal);
  // The rule may have changed since the scope was drawn.
  const wanted = scope.filter(({ repository, tag }) => maySelect(rule, repository, tag));
  const whole = new Set(wanted.flatMap(({ repository, tag }) => (tag === undefined ? [repository] : [])));
  // Of a repository that is listed as a whole, tags are only waited for.
  for await (const found of lookUntilThere(desk, source, wanted, signal)) yield found.filter(({ repository }) => !whole.has(repository));
  for (const repository of whole) yield* listRepository(desk, source, rule.spec.source, repository, signal);
}

/** A repository that does not exist any more has nothing in it: here that is an answer, since nobody but an event named it. */
async function* listRepository(
  desk: Desk,
  source: Instance,
  ruleSource: RuleSource,
  repository: string,
  signal: AbortSignal,
): AsyncGenerator<InventoryEntry[]> {
  // Dots are the only characters of repository names that mean something else in patterns; plain names need no catalogue.
  const plain = (belowNamespace(ruleSource.namespace, repository) ?? repository).replaceAll(".", "\\.");
  try {
    yield* listTags(desk, source, { ...ruleSource, repository: plain }, signal);
  } catch (thrown) {
    if (!(thrown instanceof TransshipError) || thrown.code !== "NAME_UNKNOWN") throw thrown;
  }
}
