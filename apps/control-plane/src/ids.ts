import { createHash, randomInt } from "node:crypto";
import type { ArtifactPlace } from "@transship/model";

/** Crockford's base32 in lower case: no i, l, o, u. */
const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";
const MOMENT_DIGITS = 10;

/** `x`, the moment in milliseconds, five random characters. Ids sort by time as text. */
export function executionId(now: Date): string {
  return sortedId("x", now);
}

/** The same with `p` in front. */
export function planId(now: Date): string {
  return sortedId("p", now);
}

function sortedId(kind: string, now: Date): string {
  let rest = now.getTime();
  let moment = "";
  for (let digit = 0; digit < MOMENT_DIGITS; digit++) {
    moment = ALPHABET[rest % 32] + moment;
    rest = Math.floor(rest / 32);
  }
  const random = Array.from({ length: 5 }, () => ALPHABET[randomInt(32)]).join("");
  return `${kind}${moment}${random}`;
}

/** The same artifact of the same execution always gets the same id, so that planning again adds nothing twice. */
export function taskId(execution: string, source: ArtifactPlace, target: ArtifactPlace): string {
  const places = [source, target].map((place) => [place.instance, place.repository, place.tag]);
  return `${execution}.${createHash("sha256").update(JSON.stringify(places)).digest("hex").slice(0, 10)}`;
}
