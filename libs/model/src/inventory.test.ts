import { expect, it } from "vitest";
import { subjectOfTag } from "./inventory.ts";

const hex = "0123456789abcdef".repeat(4);

it.each([
  [`sha256-${hex}`, `sha256:${hex}`],
  [`sha256-${hex}.sig`, `sha256:${hex}`],
  [`sha256-${hex}.att`, `sha256:${hex}`],
  [`sha256-${hex}.sbom`, `sha256:${hex}`],
  [`sha256-${hex}.other`, undefined],
  [`sha256-${hex.slice(1)}.sig`, undefined],
  [`sha256-${hex.toUpperCase()}`, undefined],
  [`md5-${hex}`, undefined],
  ["v1", undefined],
  ["sha256-short", undefined],
])("the tag %s belongs to %s", (tag, subject) => {
  expect(subjectOfTag(tag)).toBe(subject);
});
