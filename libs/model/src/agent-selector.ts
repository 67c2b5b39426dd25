import { z } from "zod";
import { labelsSchema, resourceName } from "./names.ts";

/** Which agents may work for a rule. All of it must hold. */
export const agentSelectorSchema = z
  .strictObject({
    /** Labels that an agent must have, each with this very value; absent = any. */
    labels: labelsSchema.optional(),
    /** Absent = any. */
    names: z.array(resourceName).min(1).optional(),
  })
  .refine(
    ({ labels = {}, names = [] }) => Object.keys(labels).length + names.length > 0,
    "needs `labels` or `names`; leave it out for any agent",
  );

export type AgentSelector = z.infer<typeof agentSelectorSchema>;

/** What a selector looks at. */
export interface LabelledAgent {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** The agents that a selector lets through; without one, all. */
export function selectAgents<A extends LabelledAgent>(agents: readonly A[], selector: AgentSelector | undefined): A[] {
  return agents.filter((agent) => whatLacks(agent, selector).length === 0);
}

/** Why a selector lets none of the agents through, naming what each lacks. The agents that could otherwise do it come first. */
export function explainUnselected(agents: readonly LabelledAgent[], selector: AgentSelector): string {
  const asked = `the rule's \`agents\` asks for ${selectorText(selector)}`;
  if (agents.length === 0) return `${asked}, and no agent is online`;
  return `${asked}; online: ${agents.map((agent) => `${agent.name} (${whatLacks(agent, selector).join(", ") || "fits"})`).join("; ")}`;
}

/** A selector in words: `label tier=fast, name a1 or a2`. Equal selectors have equal texts. */
export function selectorText({ labels = {}, names = [] }: AgentSelector): string {
  const wanted = Object.entries(labels).map(([key, value]) => `label ${key}=${value}`);
  const named = names.length === 0 ? [] : [`name ${[...names].sort().join(" or ")}`];
  return [...wanted.sort(), ...named].join(", ");
}

function whatLacks(agent: LabelledAgent, selector: AgentSelector | undefined): string[] {
  const { labels = {}, names } = selector ?? {};
  const lacks = names === undefined || names.includes(agent.name) ? [] : ["not named"];
  for (const [key, value] of Object.entries(labels)) {
    const has = Object.hasOwn(agent.labels, key) ? agent.labels[key] : undefined;
    if (has === undefined) lacks.push(`no label ${key}`);
    else if (has !== value) lacks.push(`${key}=${has}`);
  }
  return lacks;
}
