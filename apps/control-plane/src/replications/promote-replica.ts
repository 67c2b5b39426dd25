import { TransshipError } from "@transship/errors";
import { API_VERSION, artifactName, edgeRule, type PlanItem, promoted, type Replication } from "@transship/model";
import type { Store } from "@transship/store";
import type { PlanDesk } from "../planning/both-ways.ts";
import { planPages } from "../planning/plan-pages.ts";
import { ruleInstances } from "../planning/rule-instances.ts";
import { type RouteDesk, waitForRoute } from "../planning/wait-for-route.ts";

/** What promoting needs. */
export type PromotionDesk = PlanDesk & RouteDesk & { readonly store: Store };

/** What a replica lacks is told by name up to so many. */
const NAMED = 3;

/**
 * Makes a replica the primary: the edges on the way between the two turn round, all others stay. Unless forced, the replica is first compared with all that is at the
 * primary. Returns how many tags were compared.
 * @throws TransshipError `NOT_FOUND` where the tree does not have it, `CONFLICT` where it is the primary, `REPLICA_INCOMPLETE`, and what listing failed with.
 */
export async function promoteReplica(
  desk: PromotionDesk,
  replication: Replication,
  replica: string,
  force: boolean,
  signal: AbortSignal,
): Promise<number> {
  const { name, spec, labels } = replication;
  if (replica === spec.primary) throw new TransshipError("CONFLICT", { what: `promoting ${replica}`, why: `it is the primary of ${name}` });
  const turned = promoted(spec, replica);
  if (turned === undefined) {
    throw new TransshipError("NOT_FOUND", {
      what: `promoting ${replica}`,
      why: `replication ${name} has no such replica; it has ${spec.edges.map(({ to }) => to).join(", ")}`,
    });
  }
  const compared = force ? 0 : await requireComplete(desk, replication, replica, signal);
  const document = { apiVersion: API_VERSION, kind: "Replication", metadata: { name, labels: { ...labels } }, spec: turned } as const;
  await desk.store.topology.apply([{ apply: document }], { now: desk.now() });
  return compared;
}

async function requireComplete(desk: PromotionDesk, replication: Replication, replica: string, signal: AbortSignal): Promise<number> {
  const whole = edgeRule(replication, { from: replication.spec.primary, to: replica });
  const instances = await ruleInstances(desk.store.topology, whole);
  await waitForRoute(desk, instances, false, signal);
  const lacking: PlanItem[] = [];
  let compared = 0;
  for await (const page of planPages(desk, whole, instances, signal)) {
    lacking.push(...page.items.filter(({ action }) => action === "copy"));
    compared += page.entries;
  }
  if (lacking.length === 0) return compared;
  const named = lacking.slice(0, NAMED).map(({ source }) => artifactName(source));
  throw new TransshipError("REPLICA_INCOMPLETE", {
    what: `promoting ${replica}`,
    why: `it lacks ${lacking.length} of ${compared} tags of ${replication.spec.primary}: ${named.join(", ")}${lacking.length > NAMED ? " …" : ""}`,
  });
}
