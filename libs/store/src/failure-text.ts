import type { Failure } from "@transship/model";

/** A failure as stored. */
export function failureText(failure: Failure): string {
  return JSON.stringify(failure);
}

/** A stored failure. JSON drops an undefined side; here it is there again. */
export function failureOf(text: string | null): Failure | undefined {
  if (text === null) return undefined;
  const failure = JSON.parse(text) as Failure;
  const { code, side, message, hint, tried } = failure;
  return { code, side, message, hint, ...(tried === undefined ? {} : { tried }) };
}
