import type { wire } from "@transship/api";
import { asTransshipError, type ErrorCode, type TransshipError } from "@transship/errors";
import type { InstanceGate } from "@transship/transfer";
import type { Registries } from "../registries.ts";

/** What one look at a place found. */
export type Look =
  /** Answers in milliseconds, each a round trip and the registry's own time; empty where it answered that it has no time. */
  { readonly reached: true; readonly times: readonly number[] } | { readonly reached: false; readonly error: TransshipError };

/** Failures that only a registry's answer, or its host's, leads to: the way there is open. */
const ANSWERED: ReadonlySet<ErrorCode> = new Set<ErrorCode>(["UNAUTHORIZED", "DENIED", "TOOMANYREQUESTS", "REGISTRY_FAILED"]);

/** Whether a failure means that the way to a registry is not there. */
export function isOfTheWay(code: ErrorCode): boolean {
  return !ANSWERED.has(code);
}

/**
 * Looks whether a place is there: connects, and times so many answers after the first. Each question goes through the gate like any other request. Rejects only with the
 * signal's reason.
 */
export async function lookAt(
  place: wire.SurveyPlace,
  registries: Pick<Registries, "reach" | "gateOf">,
  times: number,
  signal: AbortSignal,
): Promise<Look> {
  const gate = registries.gateOf(place);
  const taken: number[] = [];
  try {
    await using reach = registries.reach(place);
    const what = `looking whether ${place.instance} is there`;
    for (let asked = 0; asked <= times; asked++) {
      const ms = await gate.run({ lane: "small", what, signal }, () => reach.ask({ signal }));
      if (asked > 0) taken.push(ms);
    }
    return { reached: true, times: taken };
  } catch (thrown) {
    signal.throwIfAborted();
    const error = causeOf(asTransshipError(thrown, `reaching ${place.instance}`), gate);
    return isOfTheWay(error.code) ? { reached: false, error } : { reached: true, times: taken };
  }
}

/** While its circuit is open, the gate refuses: then what opened it is the reason. */
function causeOf(error: TransshipError, gate: InstanceGate): TransshipError {
  const { circuit, lastFailure } = gate.state;
  return circuit === "closed" || lastFailure === undefined ? error : lastFailure.error;
}
