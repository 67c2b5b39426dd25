import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { belowNamespace } from "./names.ts";
import { parseResource } from "./resource.ts";
import { mayCollide, targetRepository } from "./target-name.ts";

describe("targetRepository", () => {
  const to = { instance: "sg", namespace: "mirror" };

  it.each([
    ["the namespace takes the source's place", { namespace: "team0" }, to, "team0/app", "mirror/app"],
    ["deeper names keep what is below it", { namespace: "team0" }, to, "team0/web/app", "mirror/web/app"],
    ["namespaces may have several levels", { namespace: "a/b" }, { namespace: "x/y" }, "a/b/c", "x/y/c"],
    ["without a source namespace the whole name goes below", {}, to, "team0/app", "mirror/team0/app"],
    ["without a target namespace the name stays", { namespace: "team0" }, {}, "team0/app", "team0/app"],
    ["levels are dropped from the left", { namespace: "team0" }, { ...to, flatten: 1 }, "team0/a/b/app", "mirror/b/app"],
    ["never the last one", { namespace: "team0" }, { ...to, flatten: 5 }, "team0/a/app", "mirror/app"],
    ["all but the last one", {}, { ...to, flatten: "all" as const }, "team0/a/app", "mirror/app"],
    [
      "flattened into its own namespace where the target has none",
      { namespace: "team0" },
      { flatten: "all" as const },
      "team0/a/app",
      "team0/app",
    ],
    [
      "into a template",
      { namespace: "a/b" },
      { ...to, repository: "{{namespace}}/x-{{ name }}/{{repository}}" },
      "a/b/c/d",
      "mirror/a/b/x-d/c/d",
    ],
    ["flattened into a template", {}, { ...to, flatten: 1, repository: "all/{{repository}}" }, "a/b/c", "mirror/all/b/c"],
    ["another namespace is not meant", { namespace: "team0" }, to, "team1/app", undefined],
    ["nor one that only begins alike", { namespace: "team0" }, to, "team01/app", undefined],
    ["nor the namespace itself as a repository", { namespace: "team0" }, to, "team0", undefined],
  ])("%s", (_law, source, target, repository, expected) => {
    expect(targetRepository({ instance: "gz", ...source }, { instance: "sg", ...target }, repository)).toBe(expected);
  });

  it("maps two repositories to two names", () => {
    const name = fc.stringMatching(/^[a-z]{1,3}(?:\/[a-z]{1,3}){0,2}$/);
    const namespace = fc.option(fc.constantFrom("a", "a/b"), { nil: undefined });
    return fc.assert(
      fc.property(namespace, namespace, fc.uniqueArray(name, { minLength: 2, maxLength: 8 }), (from, into, repositories) => {
        const mapped = repositories.map((one) =>
          targetRepository({ instance: "s", namespace: from }, { instance: "t", namespace: into }, one),
        );
        const meant = mapped.filter((one) => one !== undefined);
        expect(new Set(meant).size).toBe(meant.length);
        expect(meant.length).toBe(repositories.filter((one) => belowNamespace(from, one) !== undefined).length);
      }),
    );
  });
});

describe("a template", () => {
  const parse = (repository: string, source: object = { instance: "gz", namespace: "team0" }) =>
    parseResource({
      apiVersion: "transship/v1",
      kind: "Rule",
      metadata: { name: "r" },
      spec: { source, targets: [{ instance: "sg", repository }] },
    });

  it.each(["{{repository}}", "x/{{name}}", "{{namespace}}-{{ repository }}", "just/this"])("may be %s", (template) => {
    expect(parse(template)).toHaveProperty("resource");
  });

  it.each([
    ["{{repo}}", "unknown variable {{repo}}; known: {{repository}}, {{namespace}}, {{name}}"],
    ["{{}}", "unknown variable {{}}"],
    ["X/{{name}}", "must be a repository name"],
    ["{{name}", "must be a repository name"],
    ["a//{{name}}", "must be a repository name"],
  ])("is an error when the rule is read: %s", (template, message) => {
    const [issue] = (parse(template) as { issues: { path: unknown; message: string }[] }).issues;
    expect(issue?.path).toEqual(["spec", "targets", 0, "repository"]);
    expect(issue?.message).toContain(message);
  });

  it("cannot name a namespace that the source does not have", () => {
    expect(parse("{{namespace}}/{{name}}", { instance: "gz" })).toMatchObject({
      issues: [{ path: ["spec", "targets", 0, "repository"], message: "names {{namespace}}, but the rule's source has no namespace" }],
    });
  });

  it("keeps two repositories apart where it is said not to collide", () => {
    const piece = fc.constantFrom("{{repository}}", "{{name}}", "{{namespace}}", "x", "/", "-a/");
    const template = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(""));
    const name = fc.stringMatching(/^[ax]{1,2}(?:[/-][ax]{1,2}){0,2}$/).map((rest) => `ns/${rest}`);
    const flatten = fc.constantFrom(0, 1, "all" as const);
    return fc.assert(
      fc.property(template, flatten, fc.uniqueArray(name, { minLength: 2, maxLength: 10 }), (repository, levels, repositories) => {
        const target = { instance: "sg", namespace: "m", repository, flatten: levels };
        if (mayCollide([target])) return;
        const mapped = repositories.map((one) => targetRepository({ instance: "gz", namespace: "ns" }, target, one));
        expect(new Set(mapped).size).toBe(repositories.length);
      }),
      { numRuns: 1000 },
    );
  });

  it("may collide where targets share a place", () => {
    expect(mayCollide([{ instance: "sg" }, { instance: "bj" }])).toBe(false);
    expect(mayCollide([{ instance: "sg" }, { instance: "sg", namespace: "m" }])).toBe(true);
    const two = (a: string, b: string) => mayCollide([a, b].map((namespace) => ({ instance: "sg", namespace })));
    expect([two("a", "a"), two("a", "a/b"), two("a/b", "a"), two("a", "b"), two("a", "ab")]).toEqual([true, true, true, false, false]);
  });
});
