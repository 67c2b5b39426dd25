import { validRange } from "semver";
import { z } from "zod";
import { duration } from "./duration.ts";
import { compilePattern } from "./pattern.ts";

/** A pattern as text, checked when it is read: RE2, anchored at both ends. */
export const patternText = z.string().superRefine((text, context) => {
  try {
    compilePattern(text);
  } catch (error) {
    context.addIssue({ code: "custom", message: error instanceof Error ? error.message : String(error) });
  }
});

const patterns = z.array(patternText).max(100, "at most 100 patterns");

/** Names by pattern: at least one `include` must match (absent = all), and no `exclude`. */
export const nameFilterSchema = z.strictObject({ include: patterns.min(1).optional(), exclude: patterns.optional() });

/** What "newest" goes by. `semver`: the highest versions; tags that are no version are the oldest. `pushed`: the last pushed. `name`: the last by name, digits by value. */
export const NEWEST_BY = ["semver", "pushed", "name"] as const;

/** Which tags of a repository; everything given must hold. */
export const tagFilterSchema = nameFilterSchema.extend({
  /** A semver range; tags that are no version do not match. A leading `v` is allowed. */
  semver: z
    .string()
    .min(1)
    .refine((text) => validRange(text) !== null, "must be a semver range such as >=1.2, ^2.0.0 or 1.x || 2.x")
    .optional(),
  /** Whether pre-releases are in a semver range, and count for the newest by semver. */
  prereleases: z.boolean().optional(),
  /** Only so many of what all other filters leave, of each repository. */
  newest: z.int("must be a whole number of tags").min(1, "must be at least 1").optional(),
  /** Absent = `semver`. */
  newestBy: z.enum(NEWEST_BY, { error: `must be one of: ${NEWEST_BY.join(", ")}` }).optional(),
  /** Only what was pushed so long ago at most, in milliseconds; by the registry's push time where it tells one, else by the time of creation that the image states. */
  pushedWithin: duration.optional(),
});

/** What a tag can name. `image`: an image or an index of images. `chart`: a Helm chart. `artifact`: anything else. */
export const KINDS = ["image", "chart", "artifact"] as const;
export type ArtifactKind = (typeof KINDS)[number];

/** `os/architecture[/variant]`, as OCI image-spec names platforms. */
export const platformText = z
  .string()
  .regex(/^[a-z0-9]+\/[a-z0-9_]+(?:\/[a-z0-9]+)?$/, "must be os/architecture or os/architecture/variant, e.g. linux/amd64 or linux/arm/v7");

export type NameFilter = z.infer<typeof nameFilterSchema>;
export type TagFilter = z.infer<typeof tagFilterSchema>;
