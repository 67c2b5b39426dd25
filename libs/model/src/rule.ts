import { z } from "zod";
import { agentSelectorSchema } from "./agent-selector.ts";
import { consentSchema } from "./consent.ts";
import { limitsSchema } from "./limits.ts";
import { namespaceName, resourceName } from "./names.ts";
import { KINDS, nameFilterSchema, patternText, platformText, tagFilterSchema } from "./selection.ts";
import { targetTemplate } from "./target-name.ts";
import { triggersSchema } from "./triggers.ts";
import { workWindowSchema } from "./work-window.ts";

/** What becomes of the charts of a chart repository, which have no OCI form of their own. `asOci`: they are stored as OCI charts, which `helm pull oci://…` takes. */
export const CHARTS = ["asOci"] as const;

/** What to copy: a part of one instance. */
export const ruleSourceSchema = z.strictObject({
  instance: resourceName,
  /** Leading part of the repository names, one or several levels; absent = all namespaces. */
  namespace: namespaceName.optional(),
  /** RE2, anchored at both ends, matched against the repository's name below the namespace; absent = all. */
  repository: patternText.optional(),
  /** RE2, anchored at both ends; absent = all. */
  tag: patternText.optional(),
  /** Needed for an instance of provider `chartmuseum`, and for no other. */
  charts: z.enum(CHARTS, { error: `must be: ${CHARTS.join(", ")}` }).optional(),
});

/** Where to copy to. */
export const ruleTargetSchema = z.strictObject({
  instance: resourceName,
  /** Takes the place of the source's namespace; absent = the same name as at the source. */
  namespace: namespaceName.optional(),
  /**
   * The repository below the target's namespace, with `{{repository}}` (its name below the source's namespace, flattened), `{{namespace}}` (the source's namespace)
   * and `{{name}}` (its last part) filled in; absent = `{{repository}}`.
   */
  repository: targetTemplate.optional(),
  /** Leading parts of the name below the source's namespace to drop; the last part always stays. `all` keeps only that. Absent = 0. */
  flatten: z.union([z.int().min(0), z.literal("all")], { error: "must be a whole number of parts from 0, or all" }).optional(),
});

/** What to do with a tag that exists at the target with another digest. `ours`: replaced only while it is what this rule brought. */
export const OVERWRITE = ["always", "never", "ours"] as const;
export type Overwrite = (typeof OVERWRITE)[number];

/**
 * What settles a tag that moved on both sides, where rules bring it back to this rule's source too. `source`: the source's. `newest`: the one whose image was
 * created later. `stop`: nobody's; it is left on both sides and reported.
 */
export const CONFLICT_CHOICES = ["source", "newest", "stop"] as const;
export type ConflictChoice = (typeof CONFLICT_CHOICES)[number];

const share = z.union([z.number(), z.string()], { error: "must be a share such as 10%" }).transform((given, context) => {
  const percent = typeof given === "number" ? given : Number(/^(\d+(?:\.\d+)?) ?%$/.exec(given)?.[1]);
  if (percent > 0 && percent <= 100) return percent;
  context.addIssue({ code: "custom", message: "must be a share such as 10%: above 0 and at most 100" });
  return z.NEVER;
});

/** Whether and how far deletions at the source reach the targets. */
export const deletionSchema = z.strictObject({
  propagate: z.boolean().default(false),
  /** A run that would delete more tags than this at one target deletes none there. */
  maxCount: z.int("must be a whole number of tags").min(0).default(20),
  /** The same, as percent of the tags that the rule has at that target. */
  maxShare: share.default(10),
});

/** A registry that both sides' agents reach, for where no agent reaches both sides. */
export const relaySchema = z.strictObject({
  instance: resourceName,
  /** Leading part of the repository names there. */
  namespace: namespaceName.refine((name) => name.length <= 100, "must have at most 100 characters").default("relay"),
});

/** On-demand synchronisation of part of one instance to places in others. */
export const ruleSpecSchema = z.strictObject({
  description: z.string().max(1024).optional(),
  source: ruleSourceSchema,
  /** Repositories below the source's namespace, in addition to `source.repository`. */
  repositories: nameFilterSchema.optional(),
  /** Tags, in addition to `source.tag`. */
  tags: tagFilterSchema.optional(),
  /** Absent = all. */
  kinds: z
    .array(z.enum(KINDS, { error: `must be one of: ${KINDS.join(", ")}` }))
    .min(1)
    .optional(),
  /** Platforms of indexes to bring over; absent = all. */
  platforms: z.array(platformText).min(1).optional(),
  targets: z.array(ruleTargetSchema).min(1, "needs at least one target"),
  overwrite: z.enum(OVERWRITE, { error: `must be one of: ${OVERWRITE.join(", ")}` }).default("always"),
  deletion: deletionSchema.optional(),
  triggers: triggersSchema.optional(),
  /** When bytes may move; absent = always. */
  window: workWindowSchema.optional(),
  /** What all agents together may spend on this rule; absent = no limits. */
  limits: limitsSchema.pick({ bytesPerSecond: true }).optional(),
  /** Rules with a higher one go first where agents are short; absent = 0. */
  priority: z.int("must be a whole number").min(-100).max(100).optional(),
  /** Where no agent reaches both sides, artifacts go in two hops by way of this registry; absent = they do not go. */
  relay: relaySchema.optional(),
  /** Absent = `stop`. Without effect where no rule leads back from the target to the source. */
  conflict: z.enum(CONFLICT_CHOICES, { error: `must be one of: ${CONFLICT_CHOICES.join(", ")}` }).optional(),
  /** The only agents that list, resolve and copy for it; absent = any. */
  agents: agentSelectorSchema.optional(),
  /** Which other accounts agreed to it; needed where a target belongs to another account than the source. */
  consent: z.array(consentSchema).min(1).optional(),
  enabled: z.boolean().default(true),
});

export type RuleSource = z.infer<typeof ruleSourceSchema>;
export type RuleTarget = z.infer<typeof ruleTargetSchema>;
export type Deletion = z.infer<typeof deletionSchema>;
export type Relay = z.infer<typeof relaySchema>;
export type RuleSpec = z.infer<typeof ruleSpecSchema>;
/** A rule as stored, or an edge of a replication as the rule that does its work. */
export interface Rule {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: RuleSpec;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
  /** The edge that it stands for; absent = it is a rule that somebody wrote. */
  readonly edge?: { readonly replication: string; readonly from: string; readonly to: string } | undefined;
}

/** The instances that a rule names, each once: its source, its targets, its relay. */
export function instancesOf({ source, targets, relay }: Pick<RuleSpec, "source" | "targets" | "relay">): string[] {
  return [...new Set([source.instance, ...targets.map(({ instance }) => instance), ...(relay === undefined ? [] : [relay.instance])])];
}

/** Whether a rule would copy a place onto itself: same instance, same names. */
export function isOntoItself(source: RuleSource, target: RuleTarget): boolean {
  return source.instance === target.instance && (target.namespace === undefined || target.namespace === source.namespace);
}
