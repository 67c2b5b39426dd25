import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isRepositoryName, label, namespaceName, resourceName, runnableName } from "./names.ts";

describe("isRepositoryName", () => {
  it.each(["app", "team0/app", "a/b/c/d", "a.b", "a_b", "a__b", "a-b", "a---b", "0", "library/alpine3.19", "a".repeat(255)])(
    "accepts %s",
    (name) => {
      expect(isRepositoryName(name)).toBe(true);
    },
  );

  it.each([
    "",
    "/",
    "a/",
    "/a",
    "a//b",
    "App",
    "a.",
    ".a",
    "a..b",
    "a___b",
    "_a",
    "-a",
    "a-",
    "a b",
    "a:b",
    "ä",
    "a/../b",
    "a\n",
    "a".repeat(256),
  ])("refuses %j", (name) => {
    expect(isRepositoryName(name)).toBe(false);
  });

  it("accepts two names joined by a slash, and nothing of them joined by two", () => {
    const part = fc.stringMatching(/^[a-z0-9]{1,8}(?:[._-][a-z0-9]{1,8}){0,2}$/);
    return fc.assert(
      fc.property(part, part, (a, b) => {
        expect(isRepositoryName(`${a}/${b}`)).toBe(true);
        expect(isRepositoryName(`${a}//${b}`)).toBe(false);
      }),
    );
  });

  it("answers at once for hostile text", () => {
    const started = performance.now();
    expect(isRepositoryName(`${"a-".repeat(127)}!`)).toBe(false);
    expect(isRepositoryName(`${"a".repeat(1_000_000)}!`)).toBe(false);
    expect(performance.now() - started).toBeLessThan(200);
  });
});

describe("names of resources and labels", () => {
  it("are short and plain", () => {
    for (const name of ["gz", "gz-to-sg", "0.a_b", "a".repeat(128)]) expect(resourceName.safeParse(name).success).toBe(true);
    for (const name of ["", "-a", "A", "a b", "a/b", "广州", "a".repeat(129), "a\n"])
      expect(resourceName.safeParse(name).success).toBe(false);
    for (const text of ["cn", "ap-guangzhou", "广州 一区", "x".repeat(64)]) expect(label.safeParse(text).success).toBe(true);
    for (const text of ["", " cn", "cn ", "x".repeat(65)]) expect(label.safeParse(text).success).toBe(false);
    expect(namespaceName.safeParse("team0/sub").success).toBe(true);
    expect(namespaceName.safeParse("team0/").success).toBe(false);
  });
});

describe("runnableName", () => {
  it("is the name of a rule or of an edge", () => {
    for (const name of ["gz-to-sg", "cn-tree:sh", "a.b:c_d"]) expect(runnableName.safeParse(name).success).toBe(true);
    for (const name of ["", "cn-tree:", ":sh", "a:b:c", "A:b", "a b"]) expect(runnableName.safeParse(name).success).toBe(false);
  });
});
