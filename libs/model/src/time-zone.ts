import { z } from "zod";

/** An IANA time zone, e.g. `Asia/Shanghai`. */
export const timeZone = z.string().refine(isTimeZone, "must be an IANA time zone such as Asia/Shanghai or UTC");

function isTimeZone(text: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: text });
    return true;
  } catch {
    return false;
  }
}
