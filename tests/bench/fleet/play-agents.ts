/** The process that plays all agents: takes the control plane's address, then orders from its parent, and answers each when it is carried out. */
import { type ControlPlaneClient, connectControlPlane } from "@transship/api";
import type { Assigned, Order, Played } from "./orders.ts";
import { type Behaviour, PlayedAgent } from "./played-agent.ts";

/** Streams that are opened at once. */
const AT_ONCE = 100;

const address = process.argv[2] ?? "";
let assigned: Assigned[] = [];
let acknowledged = 0;
const ended: string[] = [];
const behaviour: Behaviour = {
  slots: 4,
  taskMs: 0,
  tags: 1,
  onAssignment: ({ lease, rule }) => assigned.push({ task: lease?.taskId ?? "", rule, at: performance.timeOrigin + performance.now() }),
  onOutcomeAcknowledged: () => {
    acknowledged += 1;
  },
  onEnd: (agent, why) => ended.push(`${agent}: ${why}`),
};
const agents: PlayedAgent[] = [];
const clients: ControlPlaneClient[] = [];

/** Opens so many streams, each over a connection of its own or all over so many. */
async function connect(count: number, connections: number): Promise<void> {
  for (let number = 0; number < connections; number++) clients.push(connectControlPlane({ address, insecure: true }));
  for (let begin = 0; begin < count; begin += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - begin) }, (_, index) => begin + index);
    const opened = some.map((number) => new PlayedAgent(number, clients[number % connections] as ControlPlaneClient, behaviour));
    await Promise.all(opened.map((agent) => agent.welcomed));
    agents.push(...opened);
  }
}

async function obey(order: Order): Promise<Played> {
  if (order.connect !== undefined) await connect(order.connect.agents, order.connect.connections);
  if (order.behave !== undefined) {
    Object.assign(behaviour, order.behave);
    if (order.behave.slots !== undefined) for (const agent of agents) agent.demand();
  }
  const played = { assigned: order.collect === true ? assigned : [], acknowledged, ended };
  if (order.collect === true) assigned = [];
  return played;
}

process.on("message", (order: Order) => {
  obey(order).then(
    (played) => process.send?.({ played }),
    (thrown: unknown) => process.send?.({ failure: String(thrown) }),
  );
});
