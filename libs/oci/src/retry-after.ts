import type { AnswerHeaders } from "./exchange.ts";

/** Seconds above this are a moment (Unix time), not a duration: some registries send that. */
const UNIX_TIME_FROM = 1_000_000_000;

/**
 * How long the registry asks us to wait, in milliseconds from `now` (milliseconds since the epoch); undefined where it names no time.
 * `Retry-After` as seconds or HTTP date (RFC 9110 §10.2.3) or Unix time, else `RateLimit-Reset`/`X-RateLimit-Reset` when nothing remains.
 */
export function retryAfterMs(headers: AnswerHeaders, now: number): number | undefined {
  const named = parseDelay(headers.get("retry-after"), now);
  if (named !== undefined) return named;
  const remaining = headers.get("ratelimit-remaining") ?? headers.get("x-ratelimit-remaining");
  if (remaining === undefined || Number.parseInt(remaining, 10) > 0) return undefined;
  return parseDelay(headers.get("ratelimit-reset") ?? headers.get("x-ratelimit-reset"), now);
}

function parseDelay(value: string | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  const text = value.trim();
  if (/^\d{1,12}(?:\.\d+)?$/.test(text)) {
    const seconds = Number(text);
    return Math.max(0, Math.ceil(seconds >= UNIX_TIME_FROM ? seconds * 1000 - now : seconds * 1000));
  }
  // Date.parse also takes other forms; an HTTP date starts with the name of a day.
  const moment = /^[A-Z][a-z]{2},? /.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, moment - now);
}
