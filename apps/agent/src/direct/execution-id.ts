import { randomInt } from "node:crypto";

/** Crockford's base 32 in lower case: no i, l, o, u, which people confuse. */
const DIGITS = "0123456789abcdefghjkmnpqrstvwxyz";

/** A new id that sorts by time: `x`, the milliseconds since 1970 in ten digits, five random digits. */
export function newExecutionId(nowMs: number): string {
  let time = "";
  for (let rest = nowMs; time.length < 10; rest = Math.floor(rest / 32)) time = DIGITS.charAt(rest % 32) + time;
  const random = Array.from({ length: 5 }, () => DIGITS.charAt(randomInt(32))).join("");
  return `x${time}${random}`;
}
