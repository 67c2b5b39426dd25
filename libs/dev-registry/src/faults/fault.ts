import type { Operation } from "../route.ts";
import type { ImmutableForm } from "./immutable-words.ts";

/** What goes wrong. Byte counts and offsets are of the body; times are in milliseconds. */
export type FaultAction =
  /** Resets the connection after so many bytes of the body, sent or received. */
  | { readonly kind: "cut-after"; readonly bytes: number }
  /** Sends or receives so many bytes, then nothing, and keeps the connection open. */
  | { readonly kind: "stall-after"; readonly bytes: number }
  /** Ends the connection cleanly (FIN) after so many bytes though more were announced. */
  | { readonly kind: "truncate-after"; readonly bytes: number }
  | { readonly kind: "slow"; readonly bytesPerSecond: number }
  | { readonly kind: "delay"; readonly milliseconds: number }
  /** Answers with a status; `html` sends a proxy's error page instead of the spec's JSON. */
  | { readonly kind: "status"; readonly status: number; readonly html?: boolean; readonly retryAfter?: string }
  /** 429; `retryAfter` is sent as it is: seconds, an HTTP date or nonsense. Absent: no header. */
  | { readonly kind: "too-many-requests"; readonly retryAfter?: string }
  /** One bit of the byte at this offset of the blob. */
  | { readonly kind: "flip-bit"; readonly offset: number }
  /** More bytes than the blob has; `announced` says whether Content-Length counts them. */
  | { readonly kind: "overlong"; readonly bytes: number; readonly announced: boolean }
  /** Moves the start that Content-Range claims; the bytes stay those that were asked for. */
  | { readonly kind: "lying-content-range"; readonly shift: number }
  | { readonly kind: "ignore-range" }
  | { readonly kind: "wrong-digest-header" }
  /** 307 for a blob; absent `location`: to the registry's own second port. */
  | { readonly kind: "redirect"; readonly location?: string }
  /** An answer that no strict HTTP parser takes: a 429 whose lines end in bare line feeds, as Docker Hub has sent. */
  | { readonly kind: "malformed" }
  /** Sends the head of the answer byte by byte, one in so many milliseconds, and never ends it. */
  | { readonly kind: "trickle"; readonly milliseconds: number }
  | { readonly kind: "expired-token" }
  /** 403 DENIED on everything that writes. */
  | { readonly kind: "read-only" }
  /** Forgets the upload session before looking at the request. */
  | { readonly kind: "lost-session" }
  /** Adds to the offset that the session's `Range` claims: in the answer to a status query, or to a chunk where the rule names `blob-patch`. */
  | { readonly kind: "wrong-offset"; readonly delta: number }
  /** Sends uploads on to this URL. */
  | { readonly kind: "foreign-location"; readonly location: string }
  /** Does what was asked, then resets the connection instead of answering. */
  | { readonly kind: "drop-answer" }
  /** Answers 201 to a mount and mounts nothing. */
  | { readonly kind: "lying-mount" }
  /** Collects blobs that the manifest names just before it arrives; absent `digests`: all of them. */
  | { readonly kind: "gc-race"; readonly digests?: readonly string[] }
  /** The blob is accepted, and cannot be seen for a while. */
  | { readonly kind: "late-blob"; readonly milliseconds: number }
  /** Refuses to move a tag that exists with another digest, in the words of a vendor. */
  | { readonly kind: "immutable-tags"; readonly form: ImmutableForm };

export type FaultKind = FaultAction["kind"];

/** Which requests a fault concerns: all the given conditions must hold. */
export interface FaultMatch {
  readonly method?: string;
  /** Tested against path and query as sent. */
  readonly path?: RegExp;
  /** Absent: the operations that the action makes sense for. */
  readonly op?: Operation | readonly Operation[];
}

/** One line of a fault plan. */
export interface FaultRule {
  readonly action: FaultAction;
  readonly match?: FaultMatch;
  /** Matching requests that pass unharmed first. Default 0. */
  readonly after?: number;
  /** How many requests it harms. Default 1; `Infinity` for all. */
  readonly times?: number;
}

const PUSH_BODIES = ["blob-post", "blob-patch", "blob-put"] as const;
const BODIES = ["blob-get", "blob-redirected"] as const;
const WRITES = ["blob-start", "blob-mount", ...PUSH_BODIES, "blob-delete", "manifest-put", "manifest-delete"] as const;
const CONTENT = ["blob-head", "blob-get", "manifest-head", "manifest-get"] as const;
const EVERYTHING = [...CONTENT, ...WRITES, "blob-redirected", "blob-status", "blob-cancel", "tags-list", "referrers", "catalog"] as const;
const SESSIONS = ["blob-patch", "blob-put", "blob-status"] as const;

/** The operations each kind of fault means when its rule names none. */
export const DEFAULT_OPERATIONS = {
  "cut-after": BODIES,
  "stall-after": BODIES,
  "truncate-after": BODIES,
  slow: BODIES,
  delay: EVERYTHING,
  status: EVERYTHING,
  "too-many-requests": EVERYTHING,
  "flip-bit": BODIES,
  overlong: BODIES,
  "lying-content-range": BODIES,
  "ignore-range": BODIES,
  "wrong-digest-header": CONTENT,
  redirect: ["blob-get"],
  malformed: EVERYTHING,
  trickle: EVERYTHING,
  "expired-token": [...CONTENT, ...WRITES],
  "read-only": WRITES,
  "lost-session": SESSIONS,
  "wrong-offset": ["blob-status"],
  "foreign-location": ["blob-start", "blob-mount", "blob-post", "blob-patch"],
  "drop-answer": ["blob-patch"],
  "lying-mount": ["blob-mount"],
  "gc-race": ["manifest-put"],
  "late-blob": ["blob-post", "blob-put"],
  "immutable-tags": ["manifest-put"],
} as const satisfies Record<FaultKind, readonly Operation[]>;
