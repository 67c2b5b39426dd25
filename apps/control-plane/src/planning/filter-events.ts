import type { wire } from "@transship/api";
import type { Rule } from "@transship/model";
import type { Store } from "@transship/store";
import type { Desk } from "../work/ask-nearest.ts";
import { listTags } from "../work/look-up.ts";
import { RepositoryCount } from "./count-repositories.ts";
import { requireProviders } from "./rule-instances.ts";

/** What looking at a filter needs. */
export type FilterDesk = Desk & { readonly store: Pick<Store, "topology">; readonly now: () => Date };

/**
 * What a rule selects at its source, line by line, with the reason for everything that it does not; then the sums. `only`: one repository by its whole name, empty = all.
 * Looks at no target and moves nothing.
 */
export async function* filterEvents(
  desk: FilterDesk,
  { spec }: Pick<Rule, "spec">,
  only: string,
  signal: AbortSignal,
): AsyncGenerator<wire.FilterEvent> {
  const source = await desk.store.topology.getInstance(spec.source.instance);
  requireProviders("the rule", spec, [source]);
  const repositories = new RepositoryCount();
  let selected = 0;
  let refused = 0;
  for await (const page of listTags(
    { ...desk, selector: spec.agents },
    source,
    spec,
    { now: desk.now().getTime(), explain: true, only },
    signal,
  )) {
    selected += page.entries.length;
    refused += page.refused.length;
    repositories.add(page.entries.map((entry) => entry.repository));
    for (const entry of page.entries) yield lineEvent({ ...entry, reason: "", explanation: "" });
    for (const tag of page.refused) yield lineEvent({ ...tag, digest: "" });
  }
  yield { event: { $case: "summary", value: { selected, refused, repositories: repositories.value } } };
}

function lineEvent(value: wire.FilterLine): wire.FilterEvent {
  return { event: { $case: "line", value } };
}
