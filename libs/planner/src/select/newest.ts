import { compareNames } from "./compare-names.ts";
import { type Refusal, refuse } from "./refusals.ts";
import type { CompiledSelection } from "./selection.ts";
import { type TagFacts, timeOf } from "./tag-facts.ts";
import { compareVersions, isPreRelease, versionOf } from "./version.ts";

/**
 * The order of "newest", the newest first. By `semver`: the highest versions, then by name what is no version (pre-releases count as versions only where the rule
 * wants them). By `pushed`: the latest by {@link timeOf}, then by name what has no time. By `name`: the last name. Always the same order for the same tags.
 */
export function newestFirst(selection: CompiledSelection): (a: TagFacts, b: TagFacts) => number {
  const { newestBy = "semver", prereleases = false } = selection.spec.tags ?? {};
  const byName = (a: TagFacts, b: TagFacts) => compareNames(b.tag, a.tag);
  if (newestBy === "name") return byName;
  if (newestBy === "pushed") return (a, b) => descending(timeOf(a)?.at, timeOf(b)?.at, (x, y) => x - y) || byName(a, b);
  const counted = ({ tag }: TagFacts) => {
    const version = versionOf(tag);
    return version !== undefined && (prereleases || !isPreRelease(version)) ? version : undefined;
  };
  return (a, b) => descending(counted(a), counted(b), compareVersions) || byName(a, b);
}

function descending<T>(a: T | undefined, b: T | undefined, compare: (a: T, b: T) => number): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  return compare(b, a);
}

/** Why a tag that all other filters take is not among the newest. */
export function notNewest(selection: CompiledSelection, facts: TagFacts): Refusal {
  const { newest = 0, newestBy = "semver" } = selection.spec.tags ?? {};
  const time = timeOf(facts);
  const by =
    newestBy !== "pushed"
      ? newestBy
      : time === undefined
        ? "time; nothing tells its own"
        : `time (it was ${time.what} ${new Date(time.at).toISOString()})`;
  return refuse("not-newest", `newest ${newest} by ${by}`);
}
