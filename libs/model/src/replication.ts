import { z } from "zod";
import { agentSelectorSchema } from "./agent-selector.ts";
import { consentSchema } from "./consent.ts";
import { duration } from "./duration.ts";
import { limitsSchema } from "./limits.ts";
import { resourceName } from "./names.ts";
import { deletionSchema, type Rule, relaySchema } from "./rule.ts";
import { workWindowSchema } from "./work-window.ts";

/** One edge of a tree: everything at `from` is brought to `to`. */
export const edgeSchema = z.strictObject({
  from: resourceName,
  to: resourceName,
  /** What all agents together may spend on this edge; absent = no limits. */
  limits: limitsSchema.pick({ bytesPerSecond: true }).optional(),
  /** Where no agent reaches both sides, artifacts go in two hops by way of this registry; absent = they do not go. */
  relay: relaySchema.optional(),
  /** The only agents that list, resolve and copy for it; absent = any. */
  agents: agentSelectorSchema.optional(),
});

/** Full, continuous copy of a primary instance to its replicas, as a tree. */
export const replicationSpecSchema = z.strictObject({
  description: z.string().max(1024).optional(),
  /** The instance that is pushed to; the root of the tree. */
  primary: resourceName,
  edges: z.array(edgeSchema).min(1, "needs at least one edge"),
  /** Absent = what is deleted at the primary stays at the replicas. */
  deletion: deletionSchema.optional(),
  /** Each edge is looked at as a whole at the latest so long after the time before, since events get lost; absent = `DEFAULT_POLL_MS`. In milliseconds. */
  sweep: duration.optional(),
  /** When bytes may move; absent = always. */
  window: workWindowSchema.optional(),
  /** As of rules. */
  priority: z.int("must be a whole number").min(-100).max(100).optional(),
  consent: z.array(consentSchema).min(1).optional(),
  enabled: z.boolean().default(true),
});

export type Edge = z.infer<typeof edgeSchema>;
export type ReplicationSpec = z.infer<typeof replicationSpecSchema>;

/** A replication as stored. */
export interface Replication {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: ReplicationSpec;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

const SEPARATOR = ":";

/** The name of the edge that leads to a replica, which has one only: `cn-tree:sh`. No rule has a name with a colon. */
export function edgeName(replication: string, replica: string): string {
  return `${replication}${SEPARATOR}${replica}`;
}

/** The replication and replica of an edge's name; undefined for the name of a rule. */
export function readEdgeName(name: string): { readonly replication: string; readonly replica: string } | undefined {
  const at = name.indexOf(SEPARATOR);
  return at < 0 ? undefined : { replication: name.slice(0, at), replica: name.slice(at + 1) };
}

/** What an edge does, as a rule: all of one instance to another under the same names, by events, with a look at everything now and then. */
export function edgeRule(replication: Replication, { from, to, limits, relay, agents }: Edge): Rule {
  const { deletion, sweep, window, priority, consent, enabled, description } = replication.spec;
  return {
    name: edgeName(replication.name, to),
    labels: replication.labels,
    createdAt: replication.createdAt,
    updatedAt: replication.updatedAt,
    edge: { replication: replication.name, from, to },
    spec: {
      ...(description === undefined ? {} : { description }),
      source: { instance: from },
      targets: [{ instance: to }],
      overwrite: "always",
      // Where a rule leads back from a replica, the tree has the last word.
      conflict: "source",
      triggers: { events: true, ...(sweep === undefined ? {} : { poll: sweep }) },
      ...(deletion === undefined ? {} : { deletion }),
      ...(window === undefined ? {} : { window }),
      ...(limits === undefined ? {} : { limits }),
      ...(relay === undefined ? {} : { relay }),
      ...(agents === undefined ? {} : { agents }),
      ...(priority === undefined ? {} : { priority }),
      ...(consent === undefined ? {} : { consent }),
      enabled,
    },
  };
}

/** All edges of a replication as rules. */
export function edgeRules(replication: Replication): Rule[] {
  return replication.spec.edges.map((edge) => edgeRule(replication, edge));
}
