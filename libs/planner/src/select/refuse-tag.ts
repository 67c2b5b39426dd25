import { durationText } from "@transship/model";
import { satisfies } from "semver";
import { type Refusal, refuse } from "./refusals.ts";
import { quote, refuseByPatterns } from "./refuse-names.ts";
import type { CompiledSelection } from "./selection.ts";
import { type TagFacts, timeOf } from "./tag-facts.ts";
import { isPreRelease, versionOf } from "./version.ts";

/** Why a tag is not selected, as far as its name tells; undefined where its name is right. Asking a registry about a tag that is refused here is a waste. */
export function refuseTagName(selection: CompiledSelection, tag: string): Refusal | undefined {
  if (!selection.tag.matches(tag)) return refuse("tag-pattern", `source.tag ${quote(selection.tag.source)} does not match ${tag}`);
  return refuseByPatterns(selection.tags, tag, "not-included", "excluded") ?? refuseVersion(selection, tag);
}

function refuseVersion({ range, spec }: CompiledSelection, tag: string): Refusal | undefined {
  if (range === undefined) return undefined;
  const version = versionOf(tag);
  if (version === undefined) return refuse("not-a-version", `${tag} is no semantic version, and the rule takes ${quote(range.raw)}`);
  if (satisfies(version, range, { includePrerelease: spec.tags?.prereleases ?? false })) return undefined;
  if (isPreRelease(version) && satisfies(version, range, { includePrerelease: true })) {
    return refuse("pre-release", `${tag} is a pre-release; ${quote(range.raw)} takes them only with tags.prereleases`);
  }
  return refuse("outside-range", `${tag} is outside ${quote(range.raw)}`);
}

/** Why a tag whose name is right is not selected by what it names; undefined where it is. `now`: milliseconds since 1970. */
export function refuseFacts({ spec: { kinds, tags } }: CompiledSelection, facts: TagFacts, now: number): Refusal | undefined {
  if (kinds !== undefined && !kinds.some((kind) => kind === facts.kind)) {
    return refuse(
      "other-kind",
      `it is ${facts.kind === undefined ? "of an unknown kind" : `a${facts.kind === "chart" ? " chart" : `n ${facts.kind}`}`}; the rule takes ${kinds.join(", ")}`,
    );
  }
  if (tags?.pushedWithin === undefined) return undefined;
  const within = durationText(tags.pushedWithin);
  const time = timeOf(facts);
  if (time === undefined)
    return refuse(
      "no-time",
      `neither the registry tells when it was pushed nor the image when it was created; the rule takes the last ${within}`,
    );
  if (now - time.at <= tags.pushedWithin) return undefined;
  return refuse("too-old", `it was ${time.what} ${new Date(time.at).toISOString()}, longer than ${within} ago`);
}
