import { CODES, type ErrorCode, type ExitCode, type GrpcStatusName, type RetryPolicy } from "./codes.ts";

/** Which registry of a copy an error is about. */
export type Side = "source" | "target";

/** What an error says, apart from its code. */
export interface ErrorFacts {
  /** What failed, as a noun phrase or short clause: "reading manifest team0/app:v1". */
  readonly what: string;
  /** Why it failed, in the words closest to the cause: "the registry answered 401". */
  readonly why: string;
  /** What was tried before giving up, if anything: "5 times in 40 s". */
  readonly tried?: string | undefined;
  /** What to do; absent = the code's own hint. */
  readonly hint?: string | undefined;
  /** Which registry, when the error is about one. */
  readonly side?: Side | undefined;
  /** Earliest moment of the next try, in milliseconds from the answer, when the other side named one (`Retry-After`). */
  readonly retryAfterMs?: number | undefined;
  /** Digests that the error names, e.g. the blobs that a registry says it lacks. */
  readonly digests?: readonly string[] | undefined;
  readonly cause?: unknown;
}

/** The one error class of the product. Subclasses exist only where they carry more fields. */
export class TransshipError extends Error {
  readonly code: ErrorCode;
  readonly what: string;
  readonly why: string;
  readonly tried: string | undefined;
  readonly hint: string;
  readonly side: Side | undefined;
  readonly retryAfterMs: number | undefined;
  readonly digests: readonly string[];

  constructor(code: ErrorCode, facts: ErrorFacts) {
    super(`${facts.what}: ${facts.why}`, facts.cause === undefined ? undefined : { cause: facts.cause });
    this.name = "TransshipError";
    this.code = code;
    this.what = facts.what;
    this.why = facts.why;
    this.tried = facts.tried;
    this.hint = facts.hint ?? CODES[code].hint;
    this.side = facts.side;
    this.retryAfterMs = facts.retryAfterMs;
    this.digests = facts.digests ?? [];
  }

  get retry(): RetryPolicy {
    return CODES[this.code].retry;
  }

  get grpcStatus(): GrpcStatusName {
    return CODES[this.code].grpc;
  }

  get exitCode(): ExitCode {
    return CODES[this.code].exit;
  }

  /** The same error with some facts replaced; the original becomes the cause. */
  with(facts: Partial<ErrorFacts>): TransshipError {
    return new TransshipError(this.code, {
      what: this.what,
      why: this.why,
      tried: this.tried,
      hint: this.hint,
      side: this.side,
      retryAfterMs: this.retryAfterMs,
      digests: this.digests,
      cause: this,
      ...facts,
    });
  }

  /** The error as the product prints it in JSON; never holds the cause or a stack, which may hold secrets. */
  toJSON(): ErrorDocument {
    return {
      apiVersion: "transship/v1",
      kind: "Error",
      code: this.code,
      message: this.message,
      hint: this.hint,
      ...(this.tried === undefined ? {} : { tried: this.tried }),
      ...(this.side === undefined ? {} : { side: this.side }),
    };
  }
}

/** The JSON form of an error on stderr and in the HTTP API. */
export interface ErrorDocument {
  readonly apiVersion: "transship/v1";
  readonly kind: "Error";
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly tried?: string;
  readonly side?: Side;
}

/** Any thrown value as a TransshipError: itself, or `INTERNAL` with the value as cause. */
export function asTransshipError(thrown: unknown, what = "an internal step"): TransshipError {
  if (thrown instanceof TransshipError) return thrown;
  const why = thrown instanceof Error ? thrown.message : String(thrown);
  return new TransshipError("INTERNAL", { what, why, cause: thrown });
}

/** One line for a terminal: what failed: why · what was tried · what to do · code. */
export function formatError(error: TransshipError): string {
  const side = error.side === undefined ? "" : ` (${error.side})`;
  return [`${error.message}${side}`, error.tried, error.hint, error.code].filter((part) => part !== undefined && part !== "").join(" · ");
}
