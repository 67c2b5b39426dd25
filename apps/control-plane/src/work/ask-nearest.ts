import { asTransshipError, type Side, TransshipError } from "@transship/errors";
import {
  type AgentSelector,
  explainNoRoute,
  explainUnselected,
  type Instance,
  rankForInstance,
  selectAgents,
  selectorText,
} from "@transship/model";
import type { Budgets } from "../budgets/budgets.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import { AgentGone, type Ask, type Found, type Questions } from "./questions.ts";
import { registryAccess } from "./registry-access.ts";

const SELECTED_HINT = "Start an agent that fits, label one of those (a document of `kind: Agent`), or change the rule's `agents`.";

/** What asking needs. */
export interface Desk {
  readonly agents: ConnectedAgents;
  readonly questions: Questions;
  readonly budgets: Budgets;
  /** The execution that is asked for, whose log tells of it; absent = none. */
  readonly execution?: string | undefined;
  /** The only agents that may be asked; absent = any. */
  readonly selector?: AgentSelector | undefined;
}

/**
 * Asks the agent nearest to an instance. Where it vanishes before any part of its answer was used, the next nearest is asked.
 * @throws TransshipError with the side; `NO_ROUTE` where no agent reaches the instance; AgentGone where the answer broke off after parts
 * were used, or where the last agent that reaches the instance vanished.
 */
export async function* askNearest(
  { agents, questions, budgets, execution, selector }: Desk,
  instance: Instance,
  side: Side,
  ask: Ask,
  signal: AbortSignal,
): AsyncGenerator<Found, void, undefined> {
  const tried = new Set<AgentSession>();
  let gone: AgentGone | undefined;
  for (;;) {
    const ready = agents.ready();
    const candidate = rankForInstance(selectAgents(ready, selector), instance).find(({ agent }) => !tried.has(agent));
    if (candidate === undefined) throw gone ?? noRoute(ready, instance, instance, { side, selector });
    tried.add(candidate.agent);
    let used = false;
    try {
      using _asked = budgets.ask(candidate.agent.name, instance);
      const access = registryAccess(instance, candidate.source, budgets.shareOf(candidate.agent.name, instance.name));
      for await (const found of questions.ask(candidate.agent, access, ask, signal, execution)) {
        used = true;
        yield found;
      }
      return;
    } catch (thrown) {
      if (signal.aborted) throw thrown;
      if (!(thrown instanceof AgentGone)) throw asTransshipError(thrown, `asking about ${instance.name}`).with({ side });
      if (used) throw thrown;
      gone = thrown;
    }
  }
}

/** `NO_ROUTE` with the networks on each side; where `selector` lets no agent through, with what each lacks. */
export function noRoute(
  ready: readonly AgentSession[],
  source: Instance,
  target: Instance,
  { side, selector }: { readonly side?: Side; readonly selector?: AgentSelector | undefined } = {},
): TransshipError {
  const what = source.name === target.name ? `reaching ${source.name}` : `copying from ${source.name} to ${target.name}`;
  const selected = selectAgents(ready, selector);
  if (selector !== undefined && selected.length === 0)
    return new TransshipError("NO_ROUTE", { what, why: explainUnselected(ready, selector), side, hint: SELECTED_HINT });
  const among = selector === undefined ? "" : `of agents with ${selectorText(selector)}: `;
  return new TransshipError("NO_ROUTE", { what, why: `${among}${explainNoRoute(selected, source, target)}`, side });
}
