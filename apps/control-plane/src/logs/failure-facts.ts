import type { Failure } from "@transship/model";
import type { LogFacts } from "./execution-log.ts";

/** What a line says of a failure beside its sentence; nothing without one. */
export function failureFacts(failure: Failure | undefined): LogFacts {
  return failure === undefined ? {} : { code: failure.code, side: failure.side, hint: failure.hint, tried: failure.tried };
}

/** The failure in the sentence of a line: what and why, and at which side. */
export function failureWords(failure: Failure): string {
  return failure.side === undefined ? failure.message : `${failure.message} (${failure.side})`;
}
