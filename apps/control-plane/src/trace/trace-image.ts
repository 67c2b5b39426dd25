import { failureToMessage, wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { type ArtifactPlace, type Instance, imageText } from "@transship/model";
import type { Store } from "@transship/store";
import { EdgeFactsReader } from "../drift/edge-facts.ts";
import { findStart, startAt } from "./find-start.ts";
import { type JudgeDesk, judgeLeg } from "./judge-leg.ts";
import { type Look, lookAtPlaces } from "./look-at-places.ts";
import { orderPlaces } from "./order-places.ts";
import { placeKey } from "./place-key.ts";
import { bringer, type Provenance, readProvenance } from "./read-provenance.ts";
import { relevantPlaces } from "./relevant-places.ts";
import { type Leg, walkFlow } from "./walk-flow.ts";

/** What tracing needs. */
export type TraceDesk = JudgeDesk & { readonly store: Store };

/**
 * Where an image is, since when and by whom, and why it is not where rules and replications would have it.
 * @throws TransshipError `INVALID_ARGUMENT` for what is no image; `NOT_FOUND` where nobody has it or knows of it.
 */
export async function traceImage(desk: TraceDesk, text: string, signal: AbortSignal): Promise<wire.TraceImageResponse> {
  const instances = new Map((await desk.store.topology.listInstances()).map((instance) => [instance.name, instance]));
  const start = findStart(text, [...instances.values()]);
  const image = imageText(start.repository, start.reference);
  const asked = [...(start.instance === undefined ? instances.values() : [start.instance])].map((instance) => startAt(start, instance));
  const first = await lookAtPlaces(desk, asked, instances, signal);
  const memory = provenances(desk.store);
  const begin = start.instance === undefined ? await whereKnown(asked, first, memory) : asked;
  const unasked = asked.flatMap((place) => ("failure" in lookOf(first, place) ? [place.instance] : []));
  const nobody = new TransshipError("NOT_FOUND", { what: `image ${image}`, why: notThere(start.instance, unasked) });
  if (begin.length === 0) {
    if (unasked.length > 0) return { image, digest: "", places: [], legs: [], unasked, cut: false };
    throw nobody;
  }
  const origins = async (place: ArtifactPlace) => {
    const { arrival, tasks } = await memory(place);
    const brought = tasks.map(({ rule, task }) => ({ rule, repository: task.source.repository }));
    return arrival === undefined ? brought : [...brought, { rule: arrival.rule, repository: arrival.source.repository }];
  };
  const flow = await walkFlow(begin, await desk.store.topology.listRunnables(), origins);
  const rest = [...flow.places.values()].filter((place) => !first.has(placeKey(place)));
  const looks = new Map([...first, ...(await lookAtPlaces(desk, rest, instances, signal))]);
  const relevant = await relevantPlaces(flow, begin, looks, memory);
  const legs = flow.legs.filter((leg) => relevant.has(placeKey(leg.from)) && (leg.refusal === undefined || isThere(looks, leg.from)));
  const places = [...flow.places.values()].filter((place) => relevant.has(placeKey(place)));
  const known = await Promise.all(places.map(async (place) => knows(await memory(place))));
  if (!places.some((place) => isThere(looks, place) || "failure" in lookOf(looks, place)) && !known.includes(true)) throw nobody;
  const judged = await judgeAll(desk, legs, looks, memory, instances, signal);
  return answer({ image, places, legs: judged, looks, memory, unasked, cut: flow.cut });
}

/** What is remembered of each place, read once. */
type Memory = (place: ArtifactPlace) => Promise<Provenance>;

function provenances(store: Store): Memory {
  const read = new Map<string, Promise<Provenance>>();
  return (place) => {
    const found = read.get(placeKey(place)) ?? readProvenance(store, place);
    read.set(placeKey(place), found);
    return found;
  };
}

/** Places that have it, or that something is remembered of. */
async function whereKnown(places: readonly ArtifactPlace[], looks: ReadonlyMap<string, Look>, memory: Memory): Promise<ArtifactPlace[]> {
  const known = await Promise.all(places.map(async (place) => isThere(looks, place) || knows(await memory(place))));
  return places.filter((_, index) => known[index]);
}

function knows({ arrival, tasks }: Provenance): boolean {
  return arrival !== undefined || tasks.length > 0;
}

function lookOf(looks: ReadonlyMap<string, Look>, place: ArtifactPlace): Look {
  return looks.get(placeKey(place)) ?? { digest: undefined };
}

function isThere(looks: ReadonlyMap<string, Look>, place: ArtifactPlace): boolean {
  const look = lookOf(looks, place);
  return "digest" in look && look.digest !== undefined;
}

function notThere(instance: Instance | undefined, unasked: readonly string[]): string {
  const where = instance === undefined ? "no instance has it" : `${instance.name} does not have it, nor what leads there`;
  return `${where}, and nothing is known of it${unasked.length === 0 ? "" : `; could not be asked: ${unasked.join(", ")}`}`;
}

async function judgeAll(
  desk: TraceDesk,
  legs: readonly Leg[],
  looks: ReadonlyMap<string, Look>,
  memory: Memory,
  instances: ReadonlyMap<string, Instance>,
  signal: AbortSignal,
): Promise<wire.TraceLeg[]> {
  const edges = new EdgeFactsReader(desk.store, desk.now);
  const judged: wire.TraceLeg[] = [];
  for (const leg of legs) {
    const provenance = leg.to === undefined ? { arrival: undefined, tasks: [] } : await memory(leg.to);
    const to = leg.to && looks.get(placeKey(leg.to));
    const facts = { from: looks.get(placeKey(leg.from)), to, source: instances.get(leg.from.instance), provenance, edges };
    judged.push(await judgeLeg(desk, leg, facts, signal));
  }
  return judged;
}

interface Findings {
  readonly image: string;
  readonly places: readonly ArtifactPlace[];
  readonly legs: readonly wire.TraceLeg[];
  readonly looks: ReadonlyMap<string, Look>;
  readonly memory: Memory;
  readonly unasked: readonly string[];
  readonly cut: boolean;
}

async function answer({ image, places, legs, looks, memory, unasked, cut }: Findings): Promise<wire.TraceImageResponse> {
  const ordered = orderPlaces(places, legs);
  const told: wire.TracePlace[] = [];
  const missing = new Set<string>();
  for (const { place, depth } of ordered) {
    const look = lookOf(looks, place);
    const incoming = legs.filter((leg) => leg.to !== undefined && placeKey(leg.to) === placeKey(place));
    const state = stateOf(look, incoming, missing);
    if (state === MISSING) missing.add(placeKey(place));
    told.push({ ...(await placeMessage(place, look, await memory(place))), state, depth });
  }
  const rank = new Map(ordered.map(({ place }, index) => [placeKey(place), index]));
  const rankOf = ({ from }: wire.TraceLeg) => (from === undefined ? 0 : (rank.get(placeKey(from)) ?? 0));
  const along = legs.toSorted((a, b) => rankOf(a) - rankOf(b));
  const digest = told.find((place) => place.digest !== "")?.digest ?? "";
  const beside = unasked.filter((name) => !places.some(({ instance }) => instance === name));
  return { image, digest, places: told, legs: along, unasked: beside, cut };
}

async function placeMessage(place: ArtifactPlace, look: Look, memory: Provenance): Promise<Omit<wire.TracePlace, "state" | "depth">> {
  const none = { since: "", rule: "", taskId: "", executionId: "", agent: "" };
  if ("failure" in look) return { place: { ...place }, digest: "", ...none, failure: failureToMessage(look.failure) };
  const { digest = "" } = look;
  const task = digest === "" ? undefined : bringer(memory, digest);
  const arrival = memory.arrival?.digest === digest ? memory.arrival : undefined;
  const by = arrival === undefined ? {} : { since: arrival.at, rule: arrival.rule, from: { ...arrival.source, tag: place.tag } };
  const through =
    task === undefined || arrival === undefined ? {} : { taskId: task.id, executionId: task.executionId, agent: task.agent ?? "" };
  return { place: { ...place }, digest, ...none, ...by, ...through };
}

const { HERE, DIFFERENT, MISSING, NOT_EXPECTED, UNREACHABLE } = wire.TracePlaceState;

/** `missing`: places above that lack it. What should be there and is not, is missing all the way down, though nothing can come yet. */
function stateOf(look: Look, incoming: readonly wire.TraceLeg[], missing: ReadonlySet<string>): wire.TracePlaceState {
  if ("failure" in look) return UNREACHABLE;
  if (look.digest !== undefined) return incoming.some(({ state }) => state === wire.TraceLegState.DIFFERENT) ? DIFFERENT : HERE;
  const expected = incoming.some(({ state, from }) => {
    const comesLater = state === wire.TraceLegState.NOTHING && from !== undefined && missing.has(placeKey(from));
    return state === wire.TraceLegState.MISSING || comesLater;
  });
  return expected ? MISSING : NOT_EXPECTED;
}
