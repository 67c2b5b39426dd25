import { TransshipError } from "@transship/errors";
import {
  type DriftSubject,
  type Edge,
  edgeRule,
  type Instance,
  nearestName,
  pathTo,
  type Replication,
  type Rule,
  type RuleTarget,
} from "@transship/model";
import type { Store, TopologyStore } from "@transship/store";
import { requireProviders } from "../planning/rule-instances.ts";

/** A replica, or a rule's target, that is compared with what it should hold. */
export interface Side {
  readonly instance: Instance;
  /** The target or targets of the rule at this instance: two, where it fills two namespaces there. */
  readonly targets: readonly RuleTarget[];
  /** The edges on the way from the primary to it, that which leads to it last; of a rule only itself. */
  readonly way: readonly Rule[];
}

/** What is compared at once: one source, listed once, and all that should be like it. */
export interface DriftScope {
  readonly subject: DriftSubject;
  /** What the sides should hold: of a replication all that its primary has. */
  readonly rule: Rule;
  readonly source: Instance;
  readonly sides: readonly Side[];
}

/** The edge, or rule, that leads to a side. */
export function lastEdge({ way }: Side): Rule {
  const last = way.at(-1);
  if (last === undefined) throw new TypeError("a way without an edge");
  return last;
}

/**
 * What a name asks to compare; without one, all replications.
 * @throws TransshipError `NOT_FOUND` where there is neither a replication nor a rule of that name.
 */
export async function driftScopes(
  { topology }: Pick<Store, "topology">,
  name: string,
  kind: DriftSubject["kind"] | undefined,
): Promise<DriftScope[]> {
  const replications = await topology.listReplications();
  if (name === "") return Promise.all(replications.map((replication) => scopeOfReplication(topology, replication)));
  const replication = replications.find((one) => one.name === name);
  if (kind !== "rule" && replication !== undefined) return [await scopeOfReplication(topology, replication)];
  if (kind === "replication")
    throw nothingNamed(
      "replication",
      name,
      replications.map((one) => one.name),
    );
  const rules = await topology.listRules();
  const rule = rules.find((one) => one.name === name);
  if (rule === undefined)
    throw nothingNamed(
      "replication or rule",
      name,
      [...replications, ...rules].map((one) => one.name),
    );
  return [await scopeOfRule(topology, rule)];
}

function nothingNamed(noun: string, name: string, known: readonly string[]): TransshipError {
  const near = nearestName(name, known);
  return new TransshipError("NOT_FOUND", {
    what: `${noun} ${name}`,
    why: `there is none${near === undefined ? "" : `; did you mean ${near}?`}`,
  });
}

async function scopeOfReplication(topology: Pick<TopologyStore, "getInstance">, replication: Replication): Promise<DriftScope> {
  const { primary, edges } = replication.spec;
  const [first] = edges;
  if (first === undefined) throw new TypeError("a replication without edges");
  const whole = edgeRule(replication, { from: primary, to: first.to });
  const edgeTo = new Map<string, Edge>(edges.map((edge) => [edge.to, edge]));
  const sides = await Promise.all(
    edges.map(async ({ to }) => ({
      instance: await topology.getInstance(to),
      targets: [{ instance: to }],
      way: (pathTo(replication.spec, to) ?? []).flatMap((step) => {
        const edge = edgeTo.get(step);
        return edge === undefined ? [] : [edgeRule(replication, edge)];
      }),
    })),
  );
  return {
    subject: { kind: "replication", name: replication.name },
    rule: { ...whole, spec: { ...whole.spec, targets: edges.map(({ to }) => ({ instance: to })) } },
    source: await topology.getInstance(primary),
    sides,
  };
}

async function scopeOfRule(topology: Pick<TopologyStore, "getInstance">, rule: Rule): Promise<DriftScope> {
  const source = await topology.getInstance(rule.spec.source.instance);
  const byInstance = Map.groupBy(rule.spec.targets, ({ instance }) => instance);
  const sides = await Promise.all(
    [...byInstance].map(async ([name, targets]) => ({ instance: await topology.getInstance(name), targets, way: [rule] })),
  );
  requireProviders(`rule ${rule.name}`, rule.spec, [source, ...sides.map(({ instance }) => instance)]);
  return { subject: { kind: "rule", name: rule.name }, rule, source, sides };
}
