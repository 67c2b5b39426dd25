/** A body whose length is known before its first byte. */
export interface Body {
  readonly length: number;
  /** Where in the blob the body starts, so that faults can name blob offsets. */
  readonly start: number;
  readonly chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

/** What a handler answers, as data: faults change it, one sender writes it. */
export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Body;
  /** Set for content, so that bytes served are counted per digest. */
  readonly digest?: string;
}

interface ErrorCode {
  readonly status: number;
  readonly message: string;
}

// Distribution-spec 1.1 "Error Codes", and below the legacy ones that CNCF distribution uses where the spec names none.
const ERROR_CODES = {
  BLOB_UNKNOWN: { status: 404, message: "blob unknown to registry" },
  BLOB_UPLOAD_INVALID: { status: 400, message: "blob upload invalid" },
  BLOB_UPLOAD_UNKNOWN: { status: 404, message: "blob upload unknown to registry" },
  DIGEST_INVALID: { status: 400, message: "provided digest did not match uploaded content" },
  MANIFEST_BLOB_UNKNOWN: { status: 400, message: "manifest references a manifest or blob unknown to registry" },
  MANIFEST_INVALID: { status: 400, message: "manifest invalid" },
  MANIFEST_UNKNOWN: { status: 404, message: "manifest unknown to registry" },
  NAME_INVALID: { status: 400, message: "invalid repository name" },
  NAME_UNKNOWN: { status: 404, message: "repository name not known to registry" },
  SIZE_INVALID: { status: 400, message: "provided length did not match content length" },
  UNAUTHORIZED: { status: 401, message: "authentication required" },
  DENIED: { status: 403, message: "requested access to the resource is denied" },
  UNSUPPORTED: { status: 405, message: "the operation is unsupported" },
  TOOMANYREQUESTS: { status: 429, message: "too many requests" },
  TAG_INVALID: { status: 400, message: "manifest tag did not match the tag grammar" },
  RANGE_INVALID: { status: 416, message: "invalid content range" },
  PAGINATION_NUMBER_INVALID: { status: 400, message: "invalid number of results requested" },
  PRECONDITION: { status: 412, message: "the tag is immutable" },
  NOT_FOUND: { status: 404, message: "no such endpoint" },
  UNKNOWN: { status: 500, message: "the registry failed" },
} as const satisfies Record<string, ErrorCode>;

export type ErrorName = keyof typeof ERROR_CODES;

/** An error reply in the spec's JSON. Several details make several errors of the same code. */
export function refuse(code: ErrorName, detail: unknown = null, extra: { status?: number; headers?: Record<string, string> } = {}): Reply {
  const { status, message } = ERROR_CODES[code];
  const details = Array.isArray(detail) ? detail : [detail];
  const errors = details.map((each) => ({ code, message, detail: each }));
  return json({ errors }, { status: extra.status ?? status, headers: extra.headers ?? {} });
}

/** A JSON reply. */
export function json(value: unknown, extra: { status?: number; headers?: Record<string, string> } = {}): Reply {
  return bytesReply(extra.status ?? 200, Buffer.from(JSON.stringify(value)), {
    "content-type": "application/json",
    ...extra.headers,
  });
}

/** A reply without a body. */
export function empty(status: number, headers: Record<string, string> = {}): Reply {
  return { status, headers };
}

/** A reply with bytes that are in memory already. */
export function bytesReply(status: number, bytes: Uint8Array, headers: Record<string, string>): Reply {
  return { status, headers, body: { length: bytes.length, start: 0, chunks: [bytes] } };
}
