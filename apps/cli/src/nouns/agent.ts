import { type AgentDocument, agentDocument } from "../documents/agent.ts";
import { formatTable } from "../output/table.ts";
import { formatAge } from "../quantities.ts";
import { GATES_BY_INSTANCE } from "./gate-columns.ts";
import { labelsText } from "./labels-text.ts";
import type { Noun } from "./noun.ts";
import { REACH_BY_INSTANCE } from "./reach-columns.ts";

/** Agents. */
export const agents: Noun<AgentDocument> = {
  noun: "agent",
  name: (agent) => agent.metadata.name,
  columns: [
    { title: "NAME", cell: (agent) => agent.metadata.name },
    { title: "STATE", cell: (agent) => agent.status.state },
    { title: "REGION", cell: (agent) => agent.spec.region },
    { title: "BORDER", cell: (agent) => agent.spec.border ?? "", wide: true },
    { title: "NETWORKS", cell: (agent) => agent.spec.networks.join(", ") },
    { title: "RUNNING", cell: (agent) => `${agent.status.running}/${agent.spec.slots}`, align: "right" },
    { title: "VERSION", cell: (agent) => agent.status.version ?? "", wide: true },
    { title: "HOST", cell: (agent) => agent.status.host ?? "", wide: true },
    { title: "LABELS", cell: (agent) => labelsText(agent.metadata.labels), wide: true },
    { title: "WARNINGS", cell: (agent) => agent.status.warnings.join("; "), wide: true },
    { title: "LAST SEEN", cell: (agent) => formatAge(agent.status.lastSeenAt) },
  ],
  async *list(controlPlane) {
    const { agents: service } = controlPlane.services;
    const answer = await controlPlane.ask(service.listAgents.bind(service), {});
    yield* answer.agents.map(agentDocument);
  },
  async get(controlPlane, name) {
    const { agents: service } = controlPlane.services;
    return agentDocument(await controlPlane.ask(service.getAgent.bind(service), { name }));
  },
  tell: ({ status: { warnings } }) => warnings.map((warning) => `Warning: ${warning}.`),
  brief: ({ status: { gates: _gates, reach: _reach, warnings: _warnings, ...status }, ...agent }) => ({ ...agent, status }),
  async *related(_controlPlane, { status: { gates, reach } }) {
    if (reach.length > 0) yield { title: "Reaches", text: formatTable(reach, REACH_BY_INSTANCE, { wide: false }) };
    if (gates.length > 0) yield { title: "Registries", text: formatTable(gates, GATES_BY_INSTANCE, { wide: false }) };
  },
};
