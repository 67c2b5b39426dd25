import type { DirectPair } from "@transship/agent";
import { asTransshipError } from "@transship/errors";
import { subjectOfTag } from "@transship/model";
import type { Repository } from "@transship/oci";

/**
 * All tags of a repository that `takes` lets through, as pairs with the same tags. Tags that belong to a digest (signatures) come last, since copying
 * their subjects brings them along.
 * @throws TransshipError what the listing throws, with the side.
 */
export async function* tagPairs(
  source: Repository,
  target: Repository,
  takes: (tag: string) => boolean,
  signal: AbortSignal,
): AsyncGenerator<DirectPair> {
  const later: string[] = [];
  try {
    for await (const page of source.tags({ signal })) {
      for (const tag of page.filter(takes)) {
        if (subjectOfTag(tag) === undefined) yield pairOf(source, target, tag);
        else later.push(tag);
      }
    }
  } catch (error) {
    signal.throwIfAborted();
    throw asTransshipError(error, `listing the tags of ${source.name}`).with({ side: "source" });
  }
  for (const tag of later) yield pairOf(source, target, tag);
}

function pairOf(source: Repository, target: Repository, tag: string): DirectPair {
  return { source, target, reference: tag, tag, overwrite: "always" };
}
