import { TransshipError } from "@transship/errors";

/** `NOT_FOUND` for something that was asked for by name or id. */
export function notFound(noun: string, name: string): TransshipError {
  return new TransshipError("NOT_FOUND", { what: `${noun} ${name}`, why: "there is none of that name" });
}
