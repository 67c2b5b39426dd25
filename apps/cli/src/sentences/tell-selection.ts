import type { ArtifactKind, NameFilter, RuleSpec, TagFilter } from "@transship/model";
import { counted, listed, spanInWords, verbatim } from "./words.ts";

const KIND_WORDS = { image: "images", chart: "charts", artifact: "other artifacts" } as const satisfies Record<ArtifactKind, string>;
const NEWEST_WORDS = { semver: "by version", pushed: "by push time", name: "by name" } as const;

/** What a rule copies and where from: `images of team0/app[0-9]+ tagged v1\..* from gz`. */
export function selectionInWords({ source, kinds }: Pick<RuleSpec, "source" | "kinds">): string {
  const { instance, namespace, repository, tag } = source;
  const place = [namespace, repository].filter((part) => part !== undefined).join("/");
  const from =
    namespace === undefined && repository === undefined ? "" : ` ${repository === undefined ? "below" : "of"} ${verbatim(place)}`;
  return `${kindsInWords(kinds)}${from}${tag === undefined ? "" : ` tagged ${verbatim(tag)}`} from ${instance}`;
}

function kindsInWords(kinds: RuleSpec["kinds"]): string {
  if (kinds === undefined) return "everything";
  if (kinds.every((kind) => kind === "artifact")) return "artifacts other than images and charts";
  const order = ["image", "chart", "artifact"] as const;
  const missing = order.filter((kind) => !kinds.includes(kind));
  const without = kinds.includes("artifact") && missing.length > 0 ? `, no ${listed(missing.map((kind) => KIND_WORDS[kind]))},` : "";
  return listed(order.filter((kind) => kinds.includes(kind)).map((kind) => KIND_WORDS[kind])) + without;
}

/** The filters of a rule beyond its source's patterns, a sentence each. */
export function filterSentences({ repositories, tags, platforms }: Pick<RuleSpec, "repositories" | "tags" | "platforms">): string[] {
  const names = repositories === undefined ? [] : nameConditions(repositories);
  const conditions = tags === undefined ? [] : [...nameConditions(tags), ...tagConditions(tags)];
  const newest = tags?.newest === undefined ? [] : [newestSentence(tags.newest, tags)];
  return [
    ...(names.length === 0 ? [] : [`Takes only repositories ${listed(names)}.`]),
    ...(conditions.length === 0 ? [] : [`Takes only tags ${listed(conditions)}.`]),
    ...newest,
    ...(platforms === undefined ? [] : [`Of images for several platforms, brings ${listed(platforms)} only.`]),
  ];
}

function nameConditions({ include, exclude = [] }: NameFilter): string[] {
  return [
    ...(include === undefined ? [] : [`that match ${listed(include.map(verbatim), "or")}`]),
    ...(exclude.length === 0 ? [] : [`that do not match ${listed(exclude.map(verbatim), "or")}`]),
  ];
}

function tagConditions({ semver, prereleases = false, pushedWithin }: TagFilter): string[] {
  return [
    ...(semver === undefined ? [] : [`that are versions within ${verbatim(semver)}${prereleases ? " (pre-releases too)" : ""}`]),
    ...(pushedWithin === undefined ? [] : [`that were pushed in the last ${spanInWords(pushedWithin)}`]),
  ];
}

/** Pre-releases are said here where no range has said them. */
function newestSentence(newest: number, { newestBy = "semver", prereleases = false, semver }: TagFilter): string {
  const tooNew = prereleases && semver === undefined && newestBy === "semver" ? ", pre-releases too" : "";
  return `Of these, takes the newest ${counted(newest, "tag")} of each repository, ${NEWEST_WORDS[newestBy]}${tooNew}.`;
}
