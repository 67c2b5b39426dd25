import { driftCheckToMessage, driftItemToMessage, driftSubjectToMessage, failureToMessage, type wire } from "@transship/api";
import { asTransshipError, TransshipError } from "@transship/errors";
import { artifactName, type DriftCheck, type DriftItem } from "@transship/model";
import type { ComparedPage, Difference } from "@transship/planner";
import type { Store } from "@transship/store";
import type { WakeUp } from "../wake-up.ts";
import { type CompareDesk, compareSides, type SidesPage } from "./compare-sides.ts";
import { driftEvent } from "./drift-event.ts";
import { type DriftScope, lastEdge, type Side } from "./drift-scope.ts";
import { type EdgeFacts, EdgeFactsReader } from "./edge-facts.ts";
import { type ExplainDesk, explainExtras, explainPage, type LocatedDifference } from "./explain-page.ts";
import { type ExtraTag, findExtras } from "./find-extras.ts";
import { findLeftovers } from "./find-leftovers.ts";
import { SideTally } from "./side-tally.ts";

/** What checking needs. */
export type DriftDesk = CompareDesk &
  ExplainDesk & { readonly store: Store /** Wakes the telling of webhooks. */; readonly tidings: WakeUp };

/**
 * Compares one scope: differences as they are found, then what each side came to. `maxAgeMs`: sides that were compared so lately are answered from memory. What was
 * found is remembered for the next check, side by side, once all of the side was looked at; of a side that failed nothing is.
 */
export async function* checkDrift(
  desk: DriftDesk,
  scope: DriftScope,
  maxAgeMs: number,
  signal: AbortSignal,
): AsyncGenerator<wire.DriftEvent> {
  const remembered = await recentChecks(desk, scope, maxAgeMs);
  for (const side of scope.sides) {
    const check = remembered.get(side.instance.name);
    if (check !== undefined) yield* repeat(desk, scope, side, check);
  }
  const sides = scope.sides.filter(({ instance }) => !remembered.has(instance.name));
  if (sides.length > 0) yield* compare(desk, { ...scope, sides }, signal);
}

async function recentChecks({ store, now }: DriftDesk, { subject }: DriftScope, maxAgeMs: number): Promise<Map<string, DriftCheck>> {
  if (maxAgeMs <= 0) return new Map();
  const since = new Date(now().getTime() - maxAgeMs).toISOString();
  const recent = (await store.drift.checks(subject)).filter(({ checkedAt }) => checkedAt >= since);
  return new Map(recent.map((check) => [check.replica, check]));
}

async function* repeat({ store }: DriftDesk, scope: DriftScope, side: Side, check: DriftCheck): AsyncGenerator<wire.DriftEvent> {
  for (const item of await store.drift.items(scope.subject, side.instance.name)) yield itemEvent(scope, side, item);
  yield summaryEvent(scope, side, { check: driftCheckToMessage(check), remembered: true });
}

/** A side while it is compared. */
interface SideState {
  readonly side: Side;
  readonly tally: SideTally;
  failure: TransshipError | undefined;
  /** What is extra could not be looked for everywhere. */
  isLimited: boolean;
}

async function* compare(desk: DriftDesk, scope: DriftScope, signal: AbortSignal): AsyncGenerator<wire.DriftEvent> {
  const edges = new EdgeFactsReader(desk.store, desk.now);
  const states: SideState[] = [];
  for (const side of scope.sides) {
    states.push({
      side,
      tally: new SideTally(await desk.store.drift.items(scope.subject, side.instance.name)),
      failure: undefined,
      isLimited: false,
    });
  }
  try {
    for await (const page of compareSides(desk, scope, signal)) {
      for (const [index, state] of states.entries()) {
        const found = page.sides[index] ?? [];
        if (found instanceof TransshipError) state.failure = found;
        else yield* takePage(desk, scope, state, found, (difference) => firstToLack(scope, state.side, page, difference, edges));
      }
      if (states.every(({ failure }) => failure !== undefined)) break;
    }
  } catch (thrown) {
    signal.throwIfAborted();
    const failure = asTransshipError(thrown, `listing ${scope.source.name}`).with({ side: "source" });
    for (const state of states) state.failure ??= failure;
  }
  for (const state of states) yield* finish(desk, scope, state, signal);
}

async function* takePage(
  desk: DriftDesk,
  scope: DriftScope,
  { side, tally }: SideState,
  pages: readonly ComparedPage[],
  locate: (difference: Difference) => Promise<EdgeFacts>,
): AsyncGenerator<wire.DriftEvent> {
  const differences = pages.flatMap((page) => page.differences);
  for (const { equal, present } of pages) tally.countEqual(equal, present);
  for (const { kind } of differences) tally.count(kind);
  if (differences.length === 0 || !tally.hasRoom) return;
  const located: LocatedDifference[] = [];
  for (const difference of differences) located.push({ difference, edge: await locate(difference) });
  yield* keep(scope, side, tally, await explainPage(desk, scope, side, tally, located));
}

function* keep(scope: DriftScope, side: Side, tally: SideTally, items: readonly DriftItem[]): Generator<wire.DriftEvent> {
  for (const item of items) {
    if (!tally.hasRoom) return;
    tally.keep(item);
    yield itemEvent(scope, side, item);
  }
}

/** The first edge on the way to a side whose replica does not have what the primary has. Where a replica further up could not be asked, nothing is said of it. */
function firstToLack(
  { sides }: DriftScope,
  side: Side,
  page: SidesPage,
  { entry, repository, tag }: Difference,
  edges: EdgeFactsReader,
): Promise<EdgeFacts> {
  const lacks = side.way.find((rule) => {
    const index = sides.findIndex(({ instance }) => instance.name === rule.edge?.to);
    const digests = page.digests[index];
    return digests !== undefined && digests.get(artifactName({ repository, tag })) !== entry.digest;
  });
  return edges.of(lacks ?? lastEdge(side));
}

async function* finish(desk: DriftDesk, scope: DriftScope, state: SideState, signal: AbortSignal): AsyncGenerator<wire.DriftEvent> {
  const { side, tally } = state;
  try {
    if (state.failure === undefined) {
      for await (const extras of extrasOf(desk, scope, state, signal)) {
        for (const _extra of extras) tally.count("extra");
        if (extras.length > 0 && tally.hasRoom) yield* keep(scope, side, tally, await explainExtras(desk, side, tally, extras));
      }
    }
  } catch (thrown) {
    signal.throwIfAborted();
    state.failure = asTransshipError(thrown, `comparing ${side.instance.name}`);
  }
  if (state.failure !== undefined) return yield summaryEvent(scope, side, { failure: failureToMessage(state.failure) });
  const check = tally.check(scope.subject, side.instance.name, desk.now());
  const told = await desk.store.drift.record(check, tally.items, driftEvent(check, lastEdge(side).name, scope.source.name, tally.news()));
  if (told.length > 0) desk.tidings.wake();
  yield summaryEvent(scope, side, { check: driftCheckToMessage(check), extraLimited: state.isLimited });
}

async function* extrasOf(
  desk: DriftDesk,
  { subject, rule, source }: DriftScope,
  state: SideState,
  signal: AbortSignal,
): AsyncGenerator<ExtraTag[]> {
  const { instance, targets } = state.side;
  const limited = () => {
    state.isLimited = true;
  };
  if (subject.kind === "replication") return yield* findExtras(desk, source, instance, state.tally.present, limited, signal);
  for (const target of targets) yield* findLeftovers(desk, rule, target, { source, target: instance }, signal);
}

function itemEvent({ subject }: DriftScope, { instance }: Side, item: DriftItem): wire.DriftEvent {
  return { event: { $case: "item", value: driftItemToMessage(subject, instance.name, item) } };
}

function summaryEvent({ subject, source }: DriftScope, side: Side, found: Partial<wire.DriftSummary>): wire.DriftEvent {
  const who = { name: subject.name, subject: driftSubjectToMessage(subject.kind), primary: source.name, replica: side.instance.name };
  return { event: { $case: "summary", value: { ...who, edge: lastEdge(side).name, remembered: false, extraLimited: false, ...found } } };
}
