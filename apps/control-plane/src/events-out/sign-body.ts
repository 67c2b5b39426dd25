import { createHmac } from "node:crypto";

/** The header that carries the signature. */
export const SIGNATURE_HEADER = "transship-signature";

/**
 * `t=<seconds since 1970>,v1=<hex>`: HMAC-SHA-256 with the webhook's secret over `<seconds>.<body>`. The moment is signed too, so that a receiver can refuse
 * a copy that somebody sends again later.
 */
export function signatureOf(secret: string, at: Date, body: string): string {
  const seconds = Math.floor(at.getTime() / 1000);
  return `t=${seconds},v1=${createHmac("sha256", secret).update(`${seconds}.${body}`).digest("hex")}`;
}
