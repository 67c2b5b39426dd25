import { asTransshipError, type Side, TransshipError } from "@transship/errors";
import { type Candidate, explainNoRoute, type Instance } from "@transship/model";
import type { Budgets } from "../budgets/budgets.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import { AgentGone, type Ask, type Found, type Questions } from "./questions.ts";
import { registryAccess } from "./registry-access.ts";

/** What asking needs. */
export interface Desk {
  readonly agents: ConnectedAgents;
  readonly questions: Questions;
  readonly budgets: Budgets;
  /** The execution that is asked for, whose log tells of it; absent = none. */
  readonly execution?: string | undefined;
}

/**
 * Asks the agent nearest to an instance. Where it vanishes before any part of its answer was used, the next nearest is asked.
 * @throws TransshipError with the side; `NO_ROUTE` where no agent reaches the instance; AgentGone where the answer broke off after parts
 * were used, or where the last agent that reaches the instance vanished.
 */
export async function* askNearest(
  { agents, questions, budgets, execution }: Desk,
  instance: Instance,
  side: Side,
  ask: Ask,
  signal: AbortSignal,
): AsyncGenerator<Found, void, undefined> {
  const tried = new Set<AgentSession>();
  let gone: AgentGone | undefined;
  for (;;) {
    const candidate = nearestOf(agents, instance, tried);
    if (candidate === undefined) throw gone ?? noRoute(agents.ready(), instance, instance, side);
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

function nearestOf(agents: ConnectedAgents, instance: Instance, tried: ReadonlySet<AgentSession>): Candidate<AgentSession> | undefined {
  for (const candidate of agents.places().ranked(instance)) if (!tried.has(candidate.agent)) return candidate;
  return undefined;
}

/** `NO_ROUTE` with the networks on each side. */
export function noRoute(ready: readonly AgentSession[], source: Instance, target: Instance, side?: Side): TransshipError {
  const what = source.name === target.name ? `reaching ${source.name}` : `copying from ${source.name} to ${target.name}`;
  return new TransshipError("NO_ROUTE", { what, why: explainNoRoute(ready, source, target), side });
}
