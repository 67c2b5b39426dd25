import { type ErrorCode, systemCode, TransshipError } from "@transship/errors";

const TLS_CODES =
  /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_OSSL|EPROTO|HOSTNAME_MISMATCH|INVALID_CA|PATH_LENGTH)/;
const TIMEOUT_CODES = new Set(["UND_ERR_CONNECT_TIMEOUT", "UND_ERR_HEADERS_TIMEOUT", "UND_ERR_BODY_TIMEOUT", "ETIMEDOUT"]);
const MALFORMED_CODES = new Set(["UND_ERR_HEADERS_OVERFLOW", "UND_ERR_RES_CONTENT_LENGTH_MISMATCH"]);

/**
 * A failure below HTTP as a TransshipError. Errors of the product's own (from the reader of a request's body, from the address guard) pass as they
 * are, and so does the reason of the caller's own abort.
 */
export function transportError(what: string, thrown: unknown, signal?: AbortSignal | undefined): unknown {
  if (signal?.aborted === true) return signal.reason;
  if (thrown instanceof TransshipError) return thrown;
  if (thrown instanceof Error && thrown.cause instanceof TransshipError) return thrown.cause;
  const code = innermostCode(thrown);
  return new TransshipError(classify(code), { what, why: describe(code, thrown), hint: hintFor(code), cause: thrown });
}

/** Alerts of a server that asks its clients for certificates (RFC 8446 §6.2). Go before 1.20 says "bad certificate" where none was shown. */
const CERTIFICATE_WANTED =
  /ALERT_(?:CERTIFICATE_REQUIRED|UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|CERTIFICATE_EXPIRED|CERTIFICATE_REVOKED|ACCESS_DENIED)$/;

function hintFor(code: string | undefined): string | undefined {
  if (!CERTIFICATE_WANTED.test(code ?? "")) return undefined;
  return "Give the endpoint a `clientCertificate`, or correct it: the registry must trust who signed it, and it must not have expired.";
}

function innermostCode(thrown: unknown): string | undefined {
  if (thrown instanceof AggregateError) {
    for (const inner of thrown.errors) {
      const code = systemCode(inner);
      if (code !== undefined) return code;
    }
  }
  return systemCode(thrown) ?? (thrown instanceof Error && thrown.cause !== undefined ? innermostCode(thrown.cause) : undefined);
}

function classify(code: string | undefined): ErrorCode {
  if (code === undefined) return "CONNECTION_FAILED";
  if (TIMEOUT_CODES.has(code)) return "TIMED_OUT";
  if (TLS_CODES.test(code)) return "TLS_FAILED";
  if (code.startsWith("HPE_") || MALFORMED_CODES.has(code))
    return code === "UND_ERR_RES_CONTENT_LENGTH_MISMATCH" ? "CONNECTION_FAILED" : "RESPONSE_MALFORMED";
  return "CONNECTION_FAILED";
}

function describe(code: string | undefined, thrown: unknown): string {
  if (CERTIFICATE_WANTED.test(code ?? "")) return `the server wants a client certificate that it trusts, and got none or another (${code})`;
  switch (code) {
    case "ECONNREFUSED":
      return "nothing listens there (ECONNREFUSED)";
    case "ENOTFOUND":
    case "EAI_AGAIN":
      return `the host name cannot be resolved (${code})`;
    case "ECONNRESET":
    case "EPIPE":
    case "UND_ERR_SOCKET":
      return "the connection was cut";
    case "ERR_SSL_WRONG_VERSION_NUMBER":
    case "ERR_SSL_PACKET_LENGTH_TOO_LONG":
      return `the port does not speak TLS (${code})`;
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return "no connection in time";
    case "UND_ERR_HEADERS_TIMEOUT":
      return "no answer in time";
    case "UND_ERR_BODY_TIMEOUT":
      return "no further bytes for too long";
  }
  // Node's own words name hosts, ports and certificate fields; they hold no request headers.
  const words = thrown instanceof Error ? thrown.message.replace(/\s+/g, " ").slice(0, 200) : "unknown failure";
  return code === undefined ? words : `${words} (${code})`;
}
