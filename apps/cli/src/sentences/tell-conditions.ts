import { type ConflictChoice, DEFAULT_POLL_MS, type Overwrite, type RuleSpec, type RuleTarget, selectorText } from "@transship/model";
import { formatBytes } from "../quantities.ts";
import { counted, listed, spanInWords, verbatim } from "./words.ts";

/** What a rule does with a tag that exists at the target with another digest. */
export const OVERWRITE_WORDS = {
  always: "overwrites tags that differ",
  never: "never overwrites",
  ours: "overwrites only what it brought itself",
} as const satisfies Record<Overwrite, string>;

/** A target: `sg/mirror`, `fra/all (as {{namespace}}-{{name}}, without the first 2 parts of names)`. */
export function targetInWords({ instance, namespace, repository, flatten = 0 }: RuleTarget): string {
  const place = namespace === undefined ? instance : `${instance}/${namespace}`;
  const notes = [
    ...(repository === undefined ? [] : [`as ${verbatim(repository)}`]),
    ...(flatten === "all" ? ["with the last part of names only"] : []),
    ...(typeof flatten === "number" && flatten > 0 ? [`without the first ${flatten === 1 ? "part" : `${flatten} parts`} of names`] : []),
  ];
  return notes.length === 0 ? place : `${place} (${notes.join(", ")})`;
}

/** What becomes of a tag that moved on both sides: where rules are known to lead back, or where the rule says more than the default. */
export function conflictSentences({ conflict = "stop" }: Pick<RuleSpec, "conflict">, facing: readonly string[] = []): string[] {
  if (facing.length === 0 && conflict === "stop") return [];
  const names = facing.length === 1 ? `Rule ${facing[0]} brings` : `Rules ${listed(facing)} bring`;
  const begin = facing.length === 0 ? "Where rules bring tags back to the source," : `${names} tags back to the source:`;
  return [`${begin} what one side moved is left to the rule that begins there, and what both moved ${CONFLICT_WORDS[conflict]}.`];
}

const CONFLICT_WORDS = {
  source: "becomes what the source has",
  newest: "becomes the newest of the two, by the time that its image was created",
  stop: "is left on both sides and reported",
} as const satisfies Record<ConflictChoice, string>;

/** What deletions at the source lead to; nothing where they stay there. */
export function deletionSentences({ deletion }: Pick<RuleSpec, "deletion">): string[] {
  if (deletion?.propagate !== true) return [];
  const { maxCount, maxShare } = deletion;
  const cap = `more than ${counted(maxCount, "tag")} or ${maxShare}% of what the rule has there`;
  return [`Deletes at each target what was deleted at the source, and nothing there where that is ${cap}.`];
}

/** By way of what artifacts go where no agent reaches both sides; nothing where they do not. */
export function relaySentences({ relay }: Pick<RuleSpec, "relay">): string[] {
  return relay === undefined ? [] : [`Where no agent reaches both sides, goes in two hops by way of ${relay.instance}/${relay.namespace}.`];
}

/** When and how eagerly a rule works: what it looks at again, its window, limits, priority and agents, and who agreed. */
export function paceSentences({ triggers, window, limits, priority = 0, agents, consent = [] }: RuleSpec): string[] {
  const poll = spanInWords(triggers?.poll ?? DEFAULT_POLL_MS);
  const sentences: string[] = [];
  if (triggers?.schedule?.missed === "report") sentences.push("Scheduled runs that were missed are reported and not made up for.");
  if (triggers?.events === true) sentences.push(`A push is looked at by itself; everything is looked at again within ${poll}.`);
  if (window !== undefined) {
    const overnight = window.to < window.from ? " the next day" : "";
    sentences.push(`Moves bytes only from ${window.from} to ${window.to}${overnight} ${window.timeZone ?? "UTC"}.`);
  }
  if (limits?.bytesPerSecond !== undefined) sentences.push(`Moves at most ${formatBytes(limits.bytesPerSecond)}/s, all agents together.`);
  if (priority !== 0) sentences.push(`Has priority ${priority} (usually 0): where agents are short, higher ones go first.`);
  for (const { account, by } of consent) sentences.push(`Account ${account} agreed to it (${by}).`);
  if (agents !== undefined) sentences.push(`Worked only by agents with ${selectorText(agents)}.`);
  return sentences;
}

/** What the spec says to no effect, and why: better told than left for somebody to wonder at. */
export function idleSentences({ tags, deletion, triggers, conflict, overwrite }: RuleSpec): string[] {
  const idle: string[] = [];
  const { newest, newestBy, prereleases = false, semver } = tags ?? {};
  if (newestBy !== undefined && newest === undefined) idle.push(`tags.newestBy ${newestBy}, since tags.newest is not given`);
  const forNewest = newest !== undefined && (newestBy ?? "semver") === "semver";
  if (prereleases && semver === undefined && !forNewest) idle.push("tags.prereleases, since nothing goes by version");
  if (triggers?.poll !== undefined && !triggers.events) idle.push(`triggers.poll ${spanInWords(triggers.poll)}, since it takes no events`);
  const { propagate, maxCount, maxShare } = deletion ?? { propagate: true, maxCount: 0, maxShare: 0 };
  if (!propagate && (maxCount !== 20 || maxShare !== 10)) {
    idle.push(`deletion.maxCount ${maxCount} and deletion.maxShare ${maxShare}%, since deletion.propagate is false`);
  }
  if (conflict !== undefined && overwrite === "never") idle.push(`conflict ${conflict}, since it never overwrites`);
  return idle.length === 0 ? [] : [`Without effect: ${idle.join("; ")}.`];
}
