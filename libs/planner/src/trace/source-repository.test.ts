import type { RuleTarget } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { mapToTarget } from "../map-to-target.ts";
import { sourceRepository } from "./source-repository.ts";

const source = { instance: "gz", namespace: "team" };

function back(target: Partial<RuleTarget>, repository: string): string | undefined {
  const whole = { instance: "sg", ...target };
  return sourceRepository({ source, targets: [whole] }, whole, repository);
}

describe("the source of a target's repository", () => {
  it.each<[Partial<RuleTarget>, string, string | undefined]>([
    [{}, "team/app", "team/app"],
    [{ namespace: "mirror" }, "mirror/a/b", "team/a/b"],
    [{ namespace: "mirror" }, "other/a", undefined],
    [{ namespace: "mirror", repository: "x-{{repository}}-y" }, "mirror/x-app-y", "team/app"],
    [{ namespace: "mirror", repository: "x-{{repository}}-y" }, "mirror/x--y", undefined],
    [{ namespace: "mirror", flatten: "all" }, "mirror/app", undefined],
    [{ namespace: "mirror", repository: "fixed" }, "mirror/fixed", undefined],
    [{ namespace: "mirror", repository: "{{name}}" }, "mirror/app", "team/app"],
    [{ namespace: "mirror", repository: "{{repository}}/{{name}}" }, "mirror/app/app", undefined],
  ])("%o: %s comes from %s", (target, repository, expected) => {
    expect(back(target, repository)).toBe(expected);
  });

  it("leads back to what it comes from, for every mapping that keeps names apart", () => {
    const name = fc.stringMatching(/^[a-z0-9]{1,6}(\/[a-z0-9]{1,6}){0,2}$/);
    const template = fc.constantFrom(undefined, "{{repository}}", "pre/{{repository}}", "{{namespace}}-{{repository}}/end");
    fc.assert(
      fc.property(name, template, (below, repository) => {
        const target = { instance: "sg", namespace: "mirror", ...(repository === undefined ? {} : { repository }) };
        const mapped = mapToTarget({ source, targets: [target] }, target, `team/${below}`);
        expect(sourceRepository({ source, targets: [target] }, target, mapped.repository)).toBe(`team/${below}`);
      }),
    );
  });
});
