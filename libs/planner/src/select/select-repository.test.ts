import { describe, expect, it } from "vitest";
import { plainRepositories } from "./select-repository.ts";
import { compileSelection, type Selection } from "./selection.ts";

const plain = (source: Omit<Selection["source"], "instance">, include?: string[]) =>
  plainRepositories(
    compileSelection({ source: { instance: "gz", ...source }, ...(include === undefined ? {} : { repositories: { include } }) }),
  );

describe("plainRepositories", () => {
  it("knows the names where the rule says them plainly", () => {
    expect(plain({ namespace: "team", repository: "app" })).toEqual(["team/app"]);
    expect(plain({}, ["app", "web\\.x", "app"])).toEqual(["app", "web.x"]);
    expect(plain({ namespace: "team", repository: "a.*" }, ["app", "web"])).toEqual(["team/app"]);
    expect(plain({ repository: "app" }, ["web"])).toEqual([]);
  });

  it("knows none where a pattern may match what nobody named", () => {
    expect(plain({})).toBeUndefined();
    expect(plain({ repository: "app.*" })).toBeUndefined();
    expect(plain({}, ["app", "web.*"])).toBeUndefined();
  });
});
