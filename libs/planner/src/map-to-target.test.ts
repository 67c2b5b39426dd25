import { describe, expect, it } from "vitest";
import { mapToTarget } from "./map-to-target.ts";

const onto = (namespace: string | undefined, source: { instance: string; namespace?: string }, instance = "sg") => {
  const target = namespace === undefined ? { instance } : { instance, namespace };
  return (repository: string) => mapToTarget({ source, targets: [target] }, target, repository);
};

describe("mapToTarget", () => {
  it("keeps the name, or puts the target's namespace in the source's place", () => {
    expect(onto(undefined, { instance: "gz" })("team0/app")).toEqual({ repository: "team0/app" });
    expect(onto("mirror", { instance: "gz", namespace: "team0" })("team0/app")).toEqual({ repository: "mirror/app" });
    expect(onto("mirror", { instance: "gz" })("team0/app")).toEqual({ repository: "mirror/team0/app" });
  });

  it("refuses a name that grows too long", () => {
    const long = `a/${"b".repeat(252)}`;
    expect(onto("mirror", { instance: "gz" })(long)).toEqual({ refused: "unnameable", repository: `mirror/${long}` });
  });

  it("refuses copies that the rule itself made on the same instance", () => {
    const map = onto("mirror", { instance: "gz" }, "gz");
    expect(map("app")).toEqual({ repository: "mirror/app" });
    expect(map("mirror/app")).toEqual({ refused: "own", repository: "mirror/mirror/app" });
  });

  it("does not take another instance's namespace for its own", () => {
    expect(onto("mirror", { instance: "gz" })("mirror/app")).toEqual({ repository: "mirror/mirror/app" });
  });

  it("lets a rule read a part of its target's namespace", () => {
    expect(onto("mirror", { instance: "gz", namespace: "mirror/team" }, "gz")("mirror/team/app")).toEqual({ repository: "mirror/app" });
  });
});
