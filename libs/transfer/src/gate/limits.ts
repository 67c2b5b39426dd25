import { TransshipError } from "@transship/errors";

/** What an instance may be asked for, in all its uses by this process together. An absent limit does not limit. */
export interface GateLimits {
  /** Bytes of blobs per second, both directions added up. Manifests and lists are too small to count. */
  readonly bytesPerSecond?: number | undefined;
  readonly requestsPerSecond?: number | undefined;
  /** Requests in flight at a time, which over HTTP/1.1 are connections. */
  readonly connections?: number | undefined;
}

/** @throws TransshipError `INVALID_ARGUMENT` for a limit that is not above zero, or less than one whole connection. */
export function checkLimits(limits: GateLimits): GateLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (value === undefined) continue;
    const least = name === "connections" ? 1 : Number.MIN_VALUE;
    if (Number.isFinite(value) && value >= least) continue;
    throw new TransshipError("INVALID_ARGUMENT", { what: `limit ${name}`, why: `${value} is not a number above zero` });
  }
  return limits;
}
