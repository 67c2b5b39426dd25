import type { Budgets } from "../budgets/budgets.ts";
import type { KnownTopology } from "../topology/known-topology.ts";
import type { Desk } from "../work/ask-nearest.ts";
import type { ConnectedAgents } from "../work/connected-agents.ts";
import type { CappedAgents } from "./capped-agents.ts";
import { dealOut } from "./deal-out.ts";
import { failOrphans, type OrphanDesk } from "./fail-orphans.ts";
import { findWays } from "./find-routes.ts";
import { SiblingNamer } from "./name-siblings.ts";
import type { Turns } from "./turns.ts";
import type { WindowWatch } from "./window-watch.ts";

/** What assigning needs. */
export interface AssignmentDesk extends OrphanDesk, Desk {
  readonly topology: KnownTopology;
  readonly agents: ConnectedAgents;
  readonly turns: Turns;
  readonly windows: WindowWatch;
  readonly budgets: Budgets;
  readonly capped: CappedAgents;
}

/** Leases waiting tasks to the agents nearest their targets, rules in turn, never beyond the credit that an agent gave. */
export async function assignTasks(desk: AssignmentDesk): Promise<void> {
  const places = desk.agents.places();
  const waiting = places.ready.some((agent) => agent.credit > 0) ? await desk.store.tasks.waitingWork(desk.now()) : [];
  if (waiting.length === 0) return;
  const topology = await desk.topology.current();
  await failOrphans(desk, waiting, topology.instances);
  desk.turns.keep(new Set(waiting.map(({ rule }) => rule)));
  desk.capped.keep(new Set(waiting.map(({ executionId }) => executionId)));
  const open = waiting.filter(({ rule }) => desk.windows.isOpen(topology.rules.get(rule), desk.now()));
  const ways = findWays(places, open, topology);
  const able = places.ready.filter((agent) => agent.credit > 0 && ways.of(agent).length > 0);
  // Those who take from the same pairs together: what waits there is then read once for all of them.
  const takers = [...Map.groupBy(able, (agent) => places.groupOf(agent)).values()].flat();
  // A demand may have crossed an assignment on its way: the slots are the bound that cannot be outdated.
  const held = await desk.store.tasks.heldCounts(takers);
  await dealOut(desk, takers, {
    topology,
    places,
    ways,
    siblings: new SiblingNamer(desk, topology),
    held,
    running: new Map(open.map(({ executionId, running }) => [executionId, running])),
    exhausted: new Map(),
  });
}
