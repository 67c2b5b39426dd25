import { type ErrorCode, TransshipError } from "@transship/errors";
import { isObject } from "./descriptor.ts";
import type { Answer, AnswerHeaders, Method } from "./exchange.ts";
import { LIMITS } from "./limits.ts";
import { bareMediaType } from "./media-types.ts";
import { retryAfterMs } from "./retry-after.ts";

/** What kind of thing a request is about: decides what a status without a readable code means. */
export type Subject = "registry" | "list" | "manifest" | "blob" | "upload" | "storage";

/** What an error should say of the request that was refused. */
export interface RefusedRequest {
  readonly what: string;
  readonly method: Method;
  readonly url: URL;
  readonly subject: Subject;
}

/** One entry of the error document of OCI distribution-spec 1.1 ("Error Codes"). */
export interface RegistryWords {
  readonly code: string;
  readonly message: string;
  readonly detail: string;
}

/** The codes of the spec that mean the same here, however old the registry. */
const SPEC_CODES: ReadonlySet<string> = new Set<ErrorCode>([
  "BLOB_UNKNOWN",
  "BLOB_UPLOAD_INVALID",
  "BLOB_UPLOAD_UNKNOWN",
  "DIGEST_INVALID",
  "MANIFEST_BLOB_UNKNOWN",
  "MANIFEST_INVALID",
  "MANIFEST_UNKNOWN",
  "MANIFEST_UNVERIFIED",
  "NAME_INVALID",
  "NAME_UNKNOWN",
  "SIZE_INVALID",
  "TAG_INVALID",
  "RANGE_INVALID",
  "UNAUTHORIZED",
  "DENIED",
  "UNSUPPORTED",
  "TOOMANYREQUESTS",
]);

/** The error behind a refusing answer whose body is `body` (at most {@link LIMITS.errorBytes} of it). `now`: milliseconds since the epoch. */
export function registryError(
  request: RefusedRequest,
  answer: Pick<Answer, "status" | "headers">,
  body: Uint8Array,
  now: number,
): TransshipError {
  const words = parseRegistryWords(body, answer.headers);
  const said = words.map(({ code, message }) => (message === "" ? code : `${code}: ${message}`)).join("; ");
  const place = `${request.method} ${request.url.pathname}`;
  const why = `${place} on ${request.url.host} answered ${answer.status}${said === "" ? "" : ` (${clip(said)})`}`;
  const code = codeOf(request, answer.status, words);
  return new TransshipError(code, {
    what: request.what,
    why,
    retryAfterMs: retryAfterMs(answer.headers, now),
    digests: digestsIn(words, code),
  });
}

function codeOf(request: RefusedRequest, status: number, words: readonly RegistryWords[]): ErrorCode {
  if (status === 429) return "TOOMANYREQUESTS";
  if (status >= 500 && status !== 501) return "REGISTRY_FAILED";
  if (request.subject === "storage") return status === 404 ? "BLOB_UNKNOWN" : status === 416 ? "RANGE_INVALID" : "REGISTRY_FAILED";
  // Whatever words come with it, unless they speak of a right or a quota: a body of this size is too much for one request, and smaller ones may pass.
  if (status === 413 && request.subject === "upload" && !words.some(({ code }) => code === "DENIED")) return "UPLOAD_TOO_LARGE";
  if (request.subject === "manifest" && request.method !== "GET" && words.some(speaksOfImmutability)) return "TAG_IMMUTABLE";
  const named = words.find(({ code }) => SPEC_CODES.has(code))?.code as ErrorCode | undefined;
  if (named !== undefined) return named;
  return codeOfStatus(request.subject, status);
}

/**
 * Harbor 412 "configured as immutable", ECR ImageTagAlreadyExistsException and TAG_INVALID "tag is immutable", GAR "immutable tags", Quay 409 TAG_IMMUTABLE, ACR
 * "operation is disallowed on this registry, repository or image" of what is locked. zot has no words of its own: a missing right to update is DENIED.
 */
function speaksOfImmutability({ code, message, detail }: RegistryWords): boolean {
  return /immutab|ImageTagAlreadyExists|cannot be overwritten|operation is disallowed on this registry, repository or image/i.test(
    `${code} ${message} ${detail}`,
  );
}

function codeOfStatus(subject: Subject, status: number): ErrorCode {
  switch (status) {
    case 401:
      return "UNAUTHORIZED";
    case 403:
      return "DENIED";
    case 404:
    case 410:
      return {
        registry: "UNSUPPORTED",
        list: "NAME_UNKNOWN",
        manifest: "MANIFEST_UNKNOWN",
        blob: "BLOB_UNKNOWN",
        upload: "BLOB_UPLOAD_UNKNOWN",
        storage: "BLOB_UNKNOWN",
      }[subject] as ErrorCode;
    case 405:
    case 501:
      return "UNSUPPORTED";
    case 408:
    case 425:
      return "REGISTRY_FAILED";
    case 413:
      return subject === "manifest" ? "MANIFEST_TOO_LARGE" : "RESPONSE_MALFORMED";
    case 416:
      return "RANGE_INVALID";
  }
  if (status < 400) return "RESPONSE_MALFORMED";
  return subject === "manifest" ? "MANIFEST_INVALID" : subject === "upload" ? "BLOB_UPLOAD_INVALID" : "RESPONSE_MALFORMED";
}

/** The entries of an error document; none where the body is something else, such as a proxy's HTML page. */
export function parseRegistryWords(body: Uint8Array, headers: AnswerHeaders): readonly RegistryWords[] {
  const type = bareMediaType(headers.get("content-type"));
  if (type === "text/html" || body.byteLength === 0) return [];
  const text = new TextDecoder().decode(body);
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    // Plain sentences, as ECR Public and some gateways send them.
    return type === "text/plain" ? [{ code: "", message: clip(text), detail: "" }].filter(({ message }) => message !== "") : [];
  }
  if (!isObject(document)) return [];
  const errors = Array.isArray(document.errors) ? document.errors : [document];
  return errors
    .filter(isObject)
    .slice(0, 1_000)
    .map(toWords)
    .filter(({ code, message }) => code !== "" || message !== "");
}

function toWords(entry: Readonly<Record<string, unknown>>): RegistryWords {
  const text = (value: unknown): string => (typeof value === "string" || typeof value === "number" ? String(value) : "");
  const detail = entry.detail ?? entry.details;
  return {
    code: oneLine(text(entry.code)).slice(0, 80),
    message: oneLine(text(entry.message) || text(entry.error_description) || text(entry.error)),
    detail: detail === undefined ? "" : (JSON.stringify(detail) ?? ""),
  };
}

function digestsIn(words: readonly RegistryWords[], code: ErrorCode): readonly string[] {
  if (code !== "MANIFEST_BLOB_UNKNOWN" && code !== "BLOB_UNKNOWN") return [];
  const found = words.flatMap(
    ({ message, detail }) => `${message} ${detail}`.match(/\bsha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})\b/g) ?? [],
  );
  return [...new Set(found)];
}

function oneLine(text: string): string {
  // Control and bidirectional characters could rewrite the line of a terminal.
  return text.replace(/[\p{C}\s]+/gu, " ").trim();
}

function clip(text: string): string {
  const line = oneLine(text);
  return line.length <= LIMITS.errorWords ? line : `${line.slice(0, LIMITS.errorWords - 1)}…`;
}
