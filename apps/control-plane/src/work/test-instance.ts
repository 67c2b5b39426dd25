import { failureToMessage, type wire } from "@transship/api";
import { asTransshipError } from "@transship/errors";
import { type Candidate, type Instance, rankForInstance } from "@transship/model";
import type { AgentSession } from "./agent-session.ts";
import { type Desk, noRoute } from "./ask-nearest.ts";
import { foundOf } from "./look-up.ts";
import { registryAccess } from "./registry-access.ts";

/** Longest time for one agent's test, in milliseconds. */
const PATIENCE_MS = 30_000;

/** Has every connected agent that shares a network with the instance reach it and authenticate, nearest first. @throws TransshipError `NO_ROUTE` where none does. */
export async function testInstance(desk: Desk, instance: Instance): Promise<wire.InstanceTest[]> {
  const ready = desk.agents.ready();
  const candidates = rankForInstance(ready, instance);
  if (candidates.length === 0) throw noRoute(desk, instance, instance);
  return Promise.all(candidates.map((candidate) => ping(desk, instance, candidate)));
}

async function ping(
  { questions, budgets }: Desk,
  instance: Instance,
  { agent, source }: Candidate<AgentSession>,
): Promise<wire.InstanceTest> {
  const test: wire.InstanceTest = { agent: agent.name, url: source.url, network: source.network, latencyMs: 0 };
  try {
    const ask = { $case: "ping", value: {} } as const;
    using _asked = budgets.ask(agent.name, instance);
    const access = registryAccess(instance, source, budgets.shareOf(agent.name, instance.name));
    for await (const found of questions.ask(agent, access, ask, AbortSignal.timeout(PATIENCE_MS))) {
      test.latencyMs = foundOf(found, "ping").latencyMs;
    }
    return test;
  } catch (thrown) {
    return { ...test, failure: failureToMessage(asTransshipError(thrown, `testing ${instance.name} from ${agent.name}`)) };
  }
}
