import { isRepositoryName, type ScopeAction } from "@transship/model";

/** What an event says happened at a registry. Never believed: it says where to look. */
export interface Hint {
  readonly repository: string;
  /** Absent = something without a tag, e.g. a deletion by digest. */
  readonly tag?: string | undefined;
  readonly digest?: string | undefined;
  readonly action: ScopeAction;
}

/**
 * What one event came to. `own`: one of our agents caused it, and has reported it. `other`: a pull, a blob, a scan: nothing that a rule could follow. `unreadable`:
 * it lacks what such an event must have.
 */
export type ReadEvent = { readonly hint: Hint } | "own" | "other" | "unreadable";

/** A form of events: reads what a request holds, or says by undefined that it is of another form. */
export type EventFormat = (document: unknown, contentType: string) => ReadEvent[] | undefined;

const TAG = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/;
const DIGEST = /^[a-z0-9]+(?:[+._-][a-z0-9]+)*:[A-Fa-f0-9]{32,128}$/;

/** A hint of texts that a registry sent. Pushes without a tag are parts of something that will get one, or that no rule could name. */
export function hintOf(action: ScopeAction, repository: unknown, tag: unknown, digest: unknown): ReadEvent {
  if (typeof repository !== "string" || !isRepositoryName(repository)) return "unreadable";
  const named = typeof tag === "string" && tag !== "" && !DIGEST.test(tag) ? tag : undefined;
  if (named !== undefined && !TAG.test(named)) return "unreadable";
  if (named === undefined && action === "push") return "other";
  return { hint: { repository, tag: named, digest: typeof digest === "string" && DIGEST.test(digest) ? digest : undefined, action } };
}
