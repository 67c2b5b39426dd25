import { isAlgorithm, parseDigest } from "./digest.ts";

/** What a request asks for: the key of counters, fault matching and the handler table. */
export type Operation =
  | "ping"
  | "token"
  | "catalog"
  | "tags-list"
  | "referrers"
  | "manifest-head"
  | "manifest-get"
  | "manifest-put"
  | "manifest-delete"
  | "blob-head"
  | "blob-get"
  | "blob-redirected"
  | "blob-delete"
  | "blob-start"
  | "blob-mount"
  | "blob-post"
  | "blob-patch"
  | "blob-put"
  | "blob-status"
  | "blob-cancel"
  | "unknown";

/** Every operation with one line on what it is, for messages and help. */
export const OPERATIONS = {
  ping: "GET /v2/",
  token: "GET or POST on the token endpoint",
  catalog: "GET /v2/_catalog",
  "tags-list": "GET tags/list",
  referrers: "GET referrers/<digest>",
  "manifest-head": "HEAD manifests/<reference>",
  "manifest-get": "GET manifests/<reference>",
  "manifest-put": "PUT manifests/<reference>",
  "manifest-delete": "DELETE manifests/<reference>",
  "blob-head": "HEAD blobs/<digest>",
  "blob-get": "GET blobs/<digest>",
  "blob-redirected": "GET of a blob at the host that blob-get redirects to",
  "blob-delete": "DELETE blobs/<digest>",
  "blob-start": "POST blobs/uploads/",
  "blob-mount": "POST blobs/uploads/?mount=",
  "blob-post": "POST blobs/uploads/?digest= with the whole blob",
  "blob-patch": "PATCH of an upload session",
  "blob-put": "PUT that closes an upload session",
  "blob-status": "GET of an upload session",
  "blob-cancel": "DELETE of an upload session",
  unknown: "anything else",
} as const satisfies Record<Operation, string>;

/** A request line understood: `repository` and `reference` are as sent, not yet validated. */
export interface Route {
  readonly op: Operation;
  readonly repository: string;
  /** Tag, digest or upload id; empty where the operation has none. */
  readonly reference: string;
  readonly query: URLSearchParams;
}

type Kind = "tags" | "referrers" | "manifest" | "uploads" | "session" | "blob";

// Distribution-spec 1.1 "Endpoints". Order matters: the upload paths are also blob paths.
const PATHS: readonly (readonly [Kind, RegExp])[] = [
  ["tags", /^\/v2\/(.+)\/tags\/list$/],
  ["referrers", /^\/v2\/(.+)\/referrers\/([^/]+)$/],
  ["manifest", /^\/v2\/(.+)\/manifests\/([^/]+)$/],
  ["uploads", /^\/v2\/(.+)\/blobs\/uploads\/?$/],
  ["session", /^\/v2\/(.+)\/blobs\/uploads\/([^/]+)$/],
  ["blob", /^\/v2\/(.+)\/blobs\/([^/]+)$/],
];

const METHODS: Record<Kind, Readonly<Record<string, Operation>>> = {
  tags: { GET: "tags-list", HEAD: "tags-list" },
  referrers: { GET: "referrers", HEAD: "referrers" },
  manifest: { HEAD: "manifest-head", GET: "manifest-get", PUT: "manifest-put", DELETE: "manifest-delete" },
  uploads: { POST: "blob-start" },
  session: { PATCH: "blob-patch", PUT: "blob-put", GET: "blob-status", HEAD: "blob-status", DELETE: "blob-cancel" },
  blob: { HEAD: "blob-head", GET: "blob-get", DELETE: "blob-delete" },
};

/** Reads a request line (`target` is path and query as on the wire). Never throws. */
export function parseRoute(method: string, target: string): Route {
  const [rawPath = "", rawQuery = ""] = splitOnce(target, "?");
  const query = new URLSearchParams(rawQuery);
  const path = decodePath(rawPath);
  const plain = (op: Operation): Route => ({ op, repository: "", reference: "", query });
  if (path === "/v2" || path === "/v2/") return plain("ping");
  if (path === "/v2/_catalog") return plain("catalog");
  if (path === "/token") return plain("token");
  for (const [kind, pattern] of PATHS) {
    const match = pattern.exec(path);
    if (match === null) continue;
    const op = METHODS[kind][method];
    if (op === undefined) return plain("unknown");
    return { op: refine(op, query), repository: match[1] ?? "", reference: match[2] ?? "", query };
  }
  return plain("unknown");
}

function refine(op: Operation, query: URLSearchParams): Operation {
  if (op !== "blob-start") return op;
  if (query.has("mount")) return "blob-mount";
  return query.has("digest") ? "blob-post" : "blob-start";
}

function splitOnce(text: string, mark: string): [string, string] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}

const NAME = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const TAG = /^[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}$/;

/** Repository names of distribution-spec 1.1, capped at 255 characters as clients do. */
export function isRepositoryName(text: string): boolean {
  return text.length <= 255 && NAME.test(text);
}

/** Tags of distribution-spec 1.1: at most 128 characters. */
export function isTag(text: string): boolean {
  return TAG.test(text);
}

/** What a manifest reference is: anything with a colon claims to be a digest. */
export function classifyReference(reference: string): "tag" | "digest" | "invalid" {
  if (reference.includes(":")) return parseDigest(reference) === undefined ? "invalid" : "digest";
  return isTag(reference) ? "tag" : "invalid";
}

/** The algorithm that `?digest-algorithm=` asks for (end-4c), sha256 by default, undefined when unsupported. */
export function uploadAlgorithm(query: URLSearchParams): "sha256" | "sha512" | undefined {
  const asked = query.get("digest-algorithm") ?? parseAlgorithm(query.get("digest")) ?? "sha256";
  return isAlgorithm(asked) ? asked : undefined;
}

function parseAlgorithm(digest: string | null): string | undefined {
  return digest === null ? undefined : parseDigest(digest)?.algorithm;
}
