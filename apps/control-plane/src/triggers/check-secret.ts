import { createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import type { EventSource } from "@transship/model";

const KEY = randomBytes(32);
/** Compared with where there is nothing to compare with, so that the answer comes after the same time. */
const NOTHING: EventSource = { header: "Authorization", secret: randomBytes(32).toString("hex") };

/** Whether a request carries the secret of an instance. Takes the same time whatever it carries, and also where the instance takes no events or does not exist. */
export function carriesSecret(headers: IncomingHttpHeaders, source: EventSource | undefined): boolean {
  const { header, secret } = source ?? NOTHING;
  const given = headers[header.toLowerCase()];
  const same = timingSafeEqual(hash(Array.isArray(given) ? given.join(", ") : (given ?? "")), hash(secret));
  return same && source !== undefined;
}

function hash(text: string): Buffer {
  return createHmac("sha256", KEY).update(text).digest();
}
