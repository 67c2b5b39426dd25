import { wire } from "@transship/api";
import { imageText } from "@transship/model";
import { type Document, present } from "./document.ts";
import { type FailureDocument, failureDocument } from "./failure.ts";

/** What is at a place, as words. */
const PLACE_STATES: Readonly<Partial<Record<wire.TracePlaceState, string>>> = {
  [wire.TracePlaceState.HERE]: "here",
  [wire.TracePlaceState.DIFFERENT]: "different",
  [wire.TracePlaceState.MISSING]: "missing",
  [wire.TracePlaceState.NOT_EXPECTED]: "not-expected",
  [wire.TracePlaceState.UNREACHABLE]: "unreachable",
};

/** What became of an image between two places, as words. */
const LEG_STATES: Readonly<Partial<Record<wire.TraceLegState, string>>> = {
  [wire.TraceLegState.EQUAL]: "equal",
  [wire.TraceLegState.DIFFERENT]: "different",
  [wire.TraceLegState.MISSING]: "missing",
  [wire.TraceLegState.NOT_SELECTED]: "not-selected",
  [wire.TraceLegState.DISABLED]: "disabled",
  [wire.TraceLegState.NOTHING]: "nothing",
  [wire.TraceLegState.UNKNOWN]: "unknown",
};

/** A place of an image, as JSON has it. Moments are ISO 8601, UTC. */
export interface TracePlaceDocument {
  readonly instance: string;
  readonly repository: string;
  /** `repository:tag`, or `repository@digest`. */
  readonly artifact: string;
  readonly state: string;
  /** What it names now. */
  readonly digest?: string;
  /** When that was brought; absent = not by Transship, as far as is known. */
  readonly since?: string;
  readonly rule?: string;
  readonly from?: string;
  readonly agent?: string;
  readonly task?: string;
  readonly execution?: string;
  readonly failure?: FailureDocument;
  readonly depth: number;
}

/** A rule or edge between two places, as JSON has it. */
export interface TraceLegDocument {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
  readonly state: string;
  readonly reason?: string;
  readonly explanation?: string;
  readonly task?: string;
  readonly execution?: string;
  readonly failure?: FailureDocument;
}

/** What `transship trace` prints. */
export interface TraceDocument extends Document {
  readonly kind: "Trace";
  readonly metadata: { readonly image: string };
  readonly status: {
    /** What the image names where the flow begins. */
    readonly digest?: string;
    readonly places: readonly TracePlaceDocument[];
    readonly legs: readonly TraceLegDocument[];
    /** Instances that could not be asked, beside those among the places. */
    readonly unasked: readonly string[];
    /** There are more places than are shown. */
    readonly cut: boolean;
  };
}

/** A trace of the wire as JSON. */
export function traceDocument({ image, digest, places, legs, unasked, cut }: wire.TraceImageResponse): TraceDocument {
  return {
    apiVersion: "transship/v1",
    kind: "Trace",
    metadata: { image },
    status: { ...present({ digest }), places: places.map(placeDocument), legs: legs.map(legDocument), unasked, cut },
  };
}

function placeDocument({ place, state, failure, from, depth, ...found }: wire.TracePlace): TracePlaceDocument {
  const { instance = "", repository = "", tag = "" } = place ?? {};
  const why = failureDocument(failure);
  const { digest, since, rule, agent, taskId, executionId } = found;
  return {
    instance,
    repository,
    artifact: imageText(repository, tag),
    state: PLACE_STATES[state] ?? "unknown",
    ...present({ digest, since, rule, from: placeText(from), agent, task: taskId, execution: executionId }),
    ...(why === undefined ? {} : { failure: why }),
    depth,
  };
}

function legDocument({ rule, from, to, state, reason, explanation, taskId, executionId, failure }: wire.TraceLeg): TraceLegDocument {
  const why = failureDocument(failure);
  return {
    rule,
    from: placeText(from),
    to: placeText(to),
    state: LEG_STATES[state] ?? "unknown",
    ...present({ reason, explanation, task: taskId, execution: executionId }),
    ...(why === undefined ? {} : { failure: why }),
  };
}

/** `gz/team0/app:v1`; of a place without repository the instance. */
function placeText(place: wire.ArtifactPlace | undefined): string {
  if (place === undefined) return "";
  return place.repository === "" ? place.instance : `${place.instance}/${imageText(place.repository, place.tag)}`;
}
