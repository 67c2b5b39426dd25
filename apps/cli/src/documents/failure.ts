import { failureToError, type wire } from "@transship/api";
import type { ErrorCode, Side } from "@transship/errors";

/** Why something did not succeed, as JSON has it. */
export interface FailureDocument {
  readonly code: ErrorCode;
  readonly side: Side | null;
  readonly message: string;
  readonly hint: string;
  /** What was tried before giving up; absent = nothing more. */
  readonly tried?: string;
}

/** A failure of the wire as JSON; undefined stays undefined. */
export function failureDocument(failure: wire.Failure | undefined): FailureDocument | undefined {
  if (failure === undefined) return undefined;
  const error = failureToError(failure);
  const { code, side = null, hint, tried } = error;
  return { code, side, message: failure.message, hint, ...(tried === undefined ? {} : { tried }) };
}
