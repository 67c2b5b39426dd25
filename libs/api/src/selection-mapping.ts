import { KINDS, type RuleSpec } from "@transship/model";
import type { ListTags } from "./gen/transship/v1/work.ts";
import { present } from "./instance-mapping.ts";
import { nameFilterFromMessage, nameFilterToMessage, tagFilterFromMessage, tagFilterToMessage } from "./rule-parts-mapping.ts";

/** The parts of a rule that say what it takes from its source. */
type Selected = Pick<RuleSpec, "source" | "repositories" | "tags" | "kinds">;

/** How a listing is wanted. */
export interface ListingWishes {
  /** The moment that ages are counted from, in milliseconds since 1970. */
  readonly now: number;
  /** Tell what is refused, and why. */
  readonly explain?: boolean | undefined;
  /** Finish a repository before the next, in the catalogue's order. */
  readonly inOrder?: boolean | undefined;
  /** Only this repository, by its whole name. */
  readonly only?: string | undefined;
}

/** The question for what a rule selects. Rules that every agent understands, however old, are asked in the old words. */
export function listTagsToMessage({ source, repositories, tags, kinds }: Selected, wishes: ListingWishes): ListTags {
  const { now, explain = false, inOrder = false, only = "" } = wishes;
  const words = { namespace: source.namespace ?? "", repository: source.repository ?? "", tag: source.tag ?? "" };
  const isPlain = repositories === undefined && tags === undefined && kinds === undefined;
  if (isPlain && !explain && !inOrder && only === "") return words;
  const selection = {
    repositories: nameFilterToMessage(repositories),
    tags: tagFilterToMessage(tags),
    kinds: kinds ?? [],
    nowMs: now,
    explain,
    inOrder,
    onlyRepository: only,
  };
  return { ...words, selection };
}

/** What a question asks for; `instance` is the one that is asked. It comes from the control plane, which has checked it. */
export function selectionFromMessage(ask: ListTags, instance: string): Selected {
  const { namespace, repository, tag, selection } = ask;
  const kinds = KINDS.filter((kind) => selection?.kinds.includes(kind));
  return {
    source: { instance, ...present("namespace", namespace), ...present("repository", repository), ...present("tag", tag) },
    ...(selection?.repositories === undefined ? {} : { repositories: nameFilterFromMessage(selection.repositories) }),
    ...(selection?.tags === undefined ? {} : { tags: tagFilterFromMessage(selection.tags) as Selected["tags"] }),
    ...(selection === undefined || selection.kinds.length === 0 ? {} : { kinds }),
  };
}
