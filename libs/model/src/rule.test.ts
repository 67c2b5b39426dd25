import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { belowNamespace, isOntoItself, targetRepository } from "./rule.ts";

describe("targetRepository", () => {
  const to = { instance: "sg", namespace: "mirror" };

  it.each([
    ["the namespace takes the source's place", { namespace: "team0" }, to, "team0/app", "mirror/app"],
    ["deeper names keep what is below it", { namespace: "team0" }, to, "team0/web/app", "mirror/web/app"],
    ["namespaces may have several levels", { namespace: "a/b" }, { namespace: "x/y" }, "a/b/c", "x/y/c"],
    ["without a source namespace the whole name goes below", {}, to, "team0/app", "mirror/team0/app"],
    ["without a target namespace the name stays", { namespace: "team0" }, {}, "team0/app", "team0/app"],
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

describe("isOntoItself", () => {
  it("is the same instance with the same names", () => {
    const source = { instance: "gz", namespace: "a" };
    expect(isOntoItself(source, { instance: "gz" })).toBe(true);
    expect(isOntoItself(source, { instance: "gz", namespace: "a" })).toBe(true);
    expect(isOntoItself(source, { instance: "gz", namespace: "b" })).toBe(false);
    expect(isOntoItself(source, { instance: "sg" })).toBe(false);
    expect(isOntoItself({ instance: "gz" }, { instance: "gz", namespace: "b" })).toBe(false);
  });
});
