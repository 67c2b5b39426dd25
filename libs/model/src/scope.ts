/** What is said to have happened to an artifact at a source. */
export const SCOPE_ACTIONS = ["push", "delete"] as const;
export type ScopeAction = (typeof SCOPE_ACTIONS)[number];

/** A part of a rule's source that an execution looks at, because something is said to have happened there. It says where to look, not what is there. */
export interface ScopeEntry {
  /** Repository in the source instance. */
  readonly repository: string;
  /** Absent = the whole repository. */
  readonly tag?: string | undefined;
  /** What the tag was said to name; nothing relies on it. */
  readonly digest?: string | undefined;
  readonly action: ScopeAction;
}

/** Entries beyond which an execution looks at the whole source of its rule instead. */
export const MOST_SCOPE_ENTRIES = 1000;

/** `repository:tag`, or the repository alone. */
export function scopeName({ repository, tag }: Pick<ScopeEntry, "repository" | "tag">): string {
  return tag === undefined ? repository : `${repository}:${tag}`;
}
