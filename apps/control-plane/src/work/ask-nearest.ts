import { asTransshipError, type ErrorCode, type Side, TransshipError } from "@transship/errors";
import {
  type AgentSelector,
  type Candidate,
  endpointFor,
  explainNoWay,
  explainUnselected,
  type Instance,
  type KnownReach,
  selectAgents,
  selectorText,
} from "@transship/model";
import type { Budgets } from "../budgets/budgets.ts";
import type { AgentSession } from "./agent-session.ts";
import type { ConnectedAgents } from "./connected-agents.ts";
import { AgentGone, type Ask, type Found, type Questions } from "./questions.ts";
import { registryAccess } from "./registry-access.ts";

const SELECTED_HINT = "Start an agent that fits, label one of those (a document of `kind: Agent`), or change the rule's `agents`.";

/** What is known of who reaches what. */
export interface RouteView {
  readonly reach: KnownReach;
  readonly now: () => Date;
}

/** What asking needs. */
export interface Desk extends RouteView {
  readonly agents: ConnectedAgents;
  readonly questions: Questions;
  readonly budgets: Budgets;
  /** The execution that is asked for, whose log tells of it; absent = none. */
  readonly execution?: string | undefined;
  /** The only agents that may be asked; absent = any. */
  readonly selector?: AgentSelector | undefined;
}

/** Failures of the way to a registry, which another agent may not have. */
const OF_THE_WAY: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["CONNECTION_FAILED", "TIMED_OUT", "TLS_FAILED"]);

/** Agents that may find that they do not reach an instance before it counts: each of them tries for a while. */
const MOST_UNREACHED = 3;

/**
 * Asks the agent nearest to an instance. Where it vanishes, or turns out not to reach the instance, before any part of its answer was used, the next nearest is asked.
 * @throws TransshipError with the side; `NO_ROUTE` where no agent reaches the instance; AgentGone where the answer broke off after parts
 * were used, or where the last agent that reaches the instance vanished.
 */
export async function* askNearest(
  desk: Desk,
  instance: Instance,
  side: Side,
  ask: Ask,
  signal: AbortSignal,
): AsyncGenerator<Found, void, undefined> {
  const { questions, budgets, execution } = desk;
  const tried = new Set<AgentSession>();
  let failed: TransshipError | undefined;
  let unreached = 0;
  for (;;) {
    const candidate = nearestOf(desk, instance, tried);
    if (candidate === undefined) throw failed ?? noRoute(desk, instance, instance, { side });
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
      const error = thrown instanceof AgentGone ? thrown : asTransshipError(thrown, `asking about ${instance.name}`).with({ side });
      if (used || !OF_THE_WAY.has(error.code)) throw error;
      // What the nearest agent says counts, except that it went away.
      if (failed === undefined || failed instanceof AgentGone) failed = error;
      if (!(error instanceof AgentGone) && ++unreached === MOST_UNREACHED) throw failed;
    }
  }
}

function nearestOf({ agents, selector }: Desk, instance: Instance, tried: ReadonlySet<AgentSession>): Candidate<AgentSession> | undefined {
  for (const candidate of agents.places().selected(selector).ranked(instance)) if (!tried.has(candidate.agent)) return candidate;
  return undefined;
}

/** `NO_ROUTE` with the missing links: what each agent reaches, what not, and why; where the desk's selector lets no agent through, what each lacks. */
export function noRoute(
  { agents, reach, now, selector }: RouteView & Pick<Desk, "agents" | "selector">,
  source: Instance,
  target: Instance,
  { side, relay }: { readonly side?: Side; readonly relay?: Instance | undefined } = {},
): TransshipError {
  const what = source.name === target.name ? `reaching ${source.name}` : `copying from ${source.name} to ${target.name}`;
  const ready = selectAgents(agents.ready(), selector);
  if (selector !== undefined && ready.length === 0)
    return new TransshipError("NO_ROUTE", { what, why: explainUnselected(agents.ready(), selector), side, hint: SELECTED_HINT });
  const isCutOff = (instance: Instance) => ready.every((agent) => endpointFor(agent, instance, reach) === undefined);
  const cutOff = isCutOff(source) === isCutOff(target) ? undefined : isCutOff(source) ? "source" : "target";
  const among = selector === undefined ? "" : `of agents with ${selectorText(selector)}: `;
  const why = `${among}${explainNoWay(ready, source, target, relay, reach, now())}`;
  return new TransshipError("NO_ROUTE", { what, why, side: side ?? cutOff });
}
