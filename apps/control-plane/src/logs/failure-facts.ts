import { type Failure, safeText } from "@transship/model";
import type { LogFacts } from "./execution-log.ts";

/** What a line says of a failure beside its sentence; nothing without one. */
export function failureFacts(failure: Failure | undefined): LogFacts {
  return failure === undefined ? {} : { code: failure.code, side: failure.side, hint: failure.hint, tried: failure.tried };
}

/** The failure in the sentence of a line: what and why, and at which side. */
export function failureWords(failure: Failure): string {
  return failure.side === undefined ? failure.message : `${failure.message} (${failure.side})`;
}

/** Longest text of a failure that is kept, in characters: a registry's own words are part of it. */
const LONGEST_TEXT = 2_000;

/** Whatever agent and registry say, it is on one line, bounded, and without what looks like a secret. */
export function safeFailure(failure: Failure): Failure {
  const safe = (text: string) => safeText(text, { most: LONGEST_TEXT });
  const { tried } = failure;
  return { ...failure, message: safe(failure.message), hint: safe(failure.hint), ...(tried === undefined ? {} : { tried: safe(tried) }) };
}
