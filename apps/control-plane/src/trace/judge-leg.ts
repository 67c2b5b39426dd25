import { storedFailureToMessage, wire } from "@transship/api";
import type { Instance } from "@transship/model";
import { type ArtifactPlace, isDigestReference } from "@transship/model";
import { compileSelection, factsNeeded } from "@transship/planner";
import type { Store } from "@transship/store";
import type { EdgeFactsReader } from "../drift/edge-facts.ts";
import { explainDifference } from "../drift/explain-difference.ts";
import type { Desk } from "../work/ask-nearest.ts";
import { explainWaiting } from "../work/explain-waiting.ts";
import type { GateBoard } from "../work/gate-board.ts";
import { listTags } from "../work/look-up.ts";
import type { Look } from "./look-at-places.ts";
import type { Provenance } from "./read-provenance.ts";
import type { Leg } from "./walk-flow.ts";

/** What judging needs. */
export type JudgeDesk = Desk & { readonly store: Pick<Store, "tasks">; readonly gates: Pick<GateBoard, "all">; readonly now: () => Date };

/** Both ends of a leg as they are. */
export interface LegFacts {
  readonly from: Look | undefined;
  readonly to: Look | undefined;
  readonly source: Instance | undefined;
  /** What is remembered of its target. */
  readonly provenance: Provenance;
  readonly edges: EdgeFactsReader;
}

const { EQUAL, DIFFERENT, MISSING, NOT_SELECTED, DISABLED, NOTHING, UNKNOWN } = wire.TraceLegState;

/** What became of an image on a leg, and why. */
export async function judgeLeg(desk: JudgeDesk, leg: Leg, facts: LegFacts, signal: AbortSignal): Promise<wire.TraceLeg> {
  const { rule, from, to, refusal } = leg;
  const said = (state: wire.TraceLegState, reason = "", explanation = "", more: Partial<wire.TraceLeg> = {}): wire.TraceLeg => ({
    ...{ rule: rule.name, from: { ...from }, to: { instance: targetOf(leg), repository: "", tag: "", ...to } },
    ...{ state, reason, explanation, taskId: "", executionId: "", ...more },
  });
  if (refusal !== undefined || to === undefined) return said(NOT_SELECTED, refusal?.reason, refusal?.explanation);
  if (facts.from === undefined || facts.to === undefined) return said(UNKNOWN, "", "an instance is not known any more");
  if ("failure" in facts.from) return said(UNKNOWN, facts.from.failure.code, `${from.instance} could not be asked`);
  if ("failure" in facts.to) return said(UNKNOWN, facts.to.failure.code, `${to.instance} could not be asked`);
  const { digest } = facts.from;
  if (digest === undefined && rule.spec.enabled) return said(NOTHING, "", `${from.instance} does not have it`);
  if (digest === undefined) return said(DISABLED, "disabled", `it is disabled, and ${from.instance} does not have it`);
  if (digest === facts.to.digest) return said(EQUAL);
  const byFacts = await refusedByFacts(desk, leg, facts.source, signal);
  if (byFacts !== undefined) return said(NOT_SELECTED, byFacts.reason, byFacts.explanation);
  const edge = await facts.edges.of(rule);
  const task = facts.provenance.tasks.find((placed) => placed.rule === rule.name)?.task;
  const kind = facts.to.digest === undefined ? ("missing" as const) : ("different" as const);
  const entry = { repository: from.repository, tag: from.tag, digest };
  const waitingFor = task === undefined ? "" : explainWaiting(task, desk.gates, desk.now());
  const difference = { kind, entry, repository: to.repository, tag: to.tag, atTarget: facts.to.digest };
  const { reason, explanation, taskId, executionId } = explainDifference(difference, {
    edge,
    task,
    arrival: facts.provenance.arrival,
    waitingFor,
  });
  const queue = reason === "waiting" && taskId !== undefined ? await queueText(desk, taskId) : "";
  const state = reason === "disabled" ? DISABLED : kind === "missing" ? MISSING : DIFFERENT;
  const failure =
    task !== undefined && task.id === taskId && task.failure !== undefined ? { failure: storedFailureToMessage(task.failure) } : {};
  return said(state, reason, explanation + queue, { taskId: taskId ?? "", executionId: executionId ?? "", ...failure });
}

/** What stands before a task that waits. */
async function queueText({ store }: JudgeDesk, taskId: string): Promise<string> {
  const before = await store.tasks.waitingBefore(taskId);
  return before === 0 ? "; it is the next of its execution" : `; ${before} of its execution ${before === 1 ? "waits" : "wait"} before it`;
}

function targetOf({ to, rule }: Leg): string {
  return to?.instance ?? rule.spec.targets[0]?.instance ?? "";
}

/** Filters by kind and time, and by what is newest, need to see the image, or all of its repository: asked only where the names alone let it through and it is not there. */
async function refusedByFacts(
  desk: JudgeDesk,
  { rule, from }: Pick<Leg, "rule"> & { readonly from: ArtifactPlace },
  source: Instance | undefined,
  signal: AbortSignal,
): Promise<{ readonly reason: string; readonly explanation: string } | undefined> {
  const needs = factsNeeded(compileSelection(rule.spec));
  const newest = rule.spec.tags?.newest !== undefined;
  if (source === undefined || isDigestReference(from.tag) || !(needs.kind || needs.time || newest)) return undefined;
  const wishes = { now: desk.now().getTime(), explain: true, only: from.repository };
  for await (const { entries, refused } of listTags(desk, source, rule.spec, wishes, signal)) {
    if (entries.some(({ tag }) => tag === from.tag)) return undefined;
    const refusal = refused.find(({ tag }) => tag === from.tag);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
}
