/**
 * How long to wait without any progress, in milliseconds. There is no limit on a whole blob: large ones over slow links take hours, and a total
 * limit would kill them again and again.
 */
export interface Timeouts {
  /** Until a connection is made, TLS included. */
  readonly connectMs: number;
  /** From the last byte of a request to the headers of its answer. */
  readonly headersMs: number;
  /** Between two parts of a body, in either direction. */
  readonly bodyIdleMs: number;
  /** From the last byte of an upload to the registry's word that it is stored: some hash or move the whole blob first. */
  readonly commitMs: number;
  /** For a whole answer that is no blob: lists, manifests, tokens. */
  readonly documentMs: number;
}

export const DEFAULT_TIMEOUTS: Timeouts = {
  connectMs: 10_000,
  headersMs: 60_000,
  bodyIdleMs: 60_000,
  commitMs: 600_000,
  documentMs: 120_000,
};
