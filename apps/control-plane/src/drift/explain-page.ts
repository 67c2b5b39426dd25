import { type Arrival, type ArtifactPlace, artifactName, type DriftItem, type Rule } from "@transship/model";
import type { Difference } from "@transship/planner";
import type { Store } from "@transship/store";
import { explainWaiting } from "../work/explain-waiting.ts";
import type { GateBoard } from "../work/gate-board.ts";
import type { DriftScope, Side } from "./drift-scope.ts";
import { lastEdge } from "./drift-scope.ts";
import type { EdgeFacts } from "./edge-facts.ts";
import { type Explained, explainDifference, explainExtra } from "./explain-difference.ts";
import type { ExtraTag } from "./find-extras.ts";
import type { SideTally } from "./side-tally.ts";

/** What explaining needs. */
export interface ExplainDesk {
  readonly store: Pick<Store, "tasks" | "arrivals">;
  readonly gates: Pick<GateBoard, "all">;
  readonly now: () => Date;
}

/** A difference at a side, and the edge on the way to it that did not bring it. */
export interface LocatedDifference {
  readonly difference: Difference;
  readonly edge: EdgeFacts;
}

/** Differences of one page at one side, with since when and why, as they are kept and told. */
export async function explainPage(
  desk: ExplainDesk,
  scope: DriftScope,
  side: Side,
  tally: SideTally,
  located: readonly LocatedDifference[],
): Promise<DriftItem[]> {
  const now = desk.now();
  const places = located.map(({ difference, edge }) => placeOf(difference, edge.rule, side));
  const [tasks, arrivals, origins] = await Promise.all([
    newestTasks(desk, places),
    arrivalsAt(desk, places),
    desk.store.arrivals.at(
      scope.source.name,
      located.map(({ difference }) => difference.entry),
    ),
  ]);
  return located.map(({ difference, edge }, index) => {
    const key = placeKey(places[index]);
    const newest = tasks.get(key);
    const task = newest?.rule === edge.rule.name ? newest.task : undefined;
    const waitingFor = task === undefined ? "" : explainWaiting(task, desk.gates, now);
    const explained = explainDifference(difference, { edge, task, arrival: arrivals.get(key), waitingFor });
    const upstream = edge.rule.name === lastEdge(side).name ? "" : `${edge.rule.spec.targets[0]?.instance} does not have it either: `;
    const { kind, entry, repository, tag, atTarget } = difference;
    const origin = origins.get(artifactName(entry));
    const known = [explained.since, changedAt(explained, origin?.digest === entry.digest ? origin.at : undefined)];
    const since = tally.sinceBefore(difference, kind) ?? known.filter((moment) => moment !== undefined).sort()[0] ?? now.toISOString();
    return {
      ...explained,
      ...{ kind, repository, tag, sourceRepository: entry.repository, digest: entry.digest, atReplica: atTarget, since },
      explanation: upstream + explained.explanation,
      edge: edge.rule.name,
    };
  });
}

/** When the source changed tells since when the replica is behind, unless the replica had it since. */
function changedAt({ reason }: Explained, originAt: string | undefined): string | undefined {
  return reason === "removed" || reason === "replaced" ? undefined : originAt;
}

/** Where the edge that is the reason should have brought it: of an edge further up under the same name, since edges change none. */
function placeOf({ repository, tag }: Difference, rule: Rule, side: Side): ArtifactPlace {
  return { instance: rule.edge?.to ?? side.instance.name, repository, tag };
}

function placeKey(place: ArtifactPlace | undefined): string {
  return place === undefined ? "" : `${place.instance}/${artifactName(place)}`;
}

async function newestTasks({ store }: ExplainDesk, places: readonly ArtifactPlace[]) {
  const found = await store.tasks.newestAt(places);
  return new Map(found.map((placed) => [placeKey(placed.task.target), placed]));
}

async function arrivalsAt({ store }: ExplainDesk, places: readonly ArtifactPlace[]) {
  const found = new Map<string, Arrival>();
  for (const [instance, theirs] of Map.groupBy(places, (place) => place.instance)) {
    for (const [name, arrival] of await store.arrivals.at(instance, theirs)) found.set(`${instance}/${name}`, arrival);
  }
  return found;
}

/** Extra tags of a side, with since when and why. */
export async function explainExtras(desk: ExplainDesk, side: Side, tally: SideTally, extras: readonly ExtraTag[]): Promise<DriftItem[]> {
  const rule = lastEdge(side);
  const arrivals = await desk.store.arrivals.at(side.instance.name, extras);
  return extras.map((extra): DriftItem => {
    const { reason, explanation } = explainExtra(rule, arrivals.get(artifactName(extra)));
    const since = tally.sinceBefore(extra, "extra") ?? desk.now().toISOString();
    return { kind: "extra", ...extra, digest: undefined, atReplica: undefined, since, reason, explanation, edge: rule.name };
  });
}
