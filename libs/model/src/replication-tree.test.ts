import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { descendants, pathTo, promoted, treeFaults } from "./replication-tree.ts";

const edge = (from: string, to: string) => ({ from, to });
const messages = (primary: string, ...edges: { from: string; to: string }[]) =>
  treeFaults({ primary, edges }).map(({ message }) => message);

describe("treeFaults", () => {
  it.each([
    ["an edge to itself", [edge("a", "a")], "leads from a to itself"],
    ["an edge back to the primary", [edge("p", "a"), edge("a", "b"), edge("b", "p")], "leads back to the primary p: p → a → b → p"],
    [
      "two edges to one replica",
      [edge("p", "a"), edge("p", "b"), edge("a", "b")],
      "b would be filled from p and from a; a replica is filled from one instance",
    ],
    ["an edge that hangs in the air", [edge("p", "a"), edge("x", "b")], "x is neither the primary nor reached from it"],
    ["a circle beside the tree", [edge("p", "a"), edge("x", "y"), edge("y", "x")], "goes in a circle: y → x → y"],
  ])("finds %s", (_what, edges, expected) => {
    expect(messages("p", ...edges)).toContain(expected);
  });

  it("says which edge it is", () => {
    expect(treeFaults({ primary: "p", edges: [edge("p", "a"), edge("x", "b")] })[0]?.path).toEqual(["edges", 1]);
  });

  it("finds something exactly where edges are no tree below the primary", () => {
    const name = fc.constantFrom("p", "a", "b", "c", "d");
    fc.assert(
      fc.property(fc.array(fc.record({ from: name, to: name }), { minLength: 1, maxLength: 6 }), (edges) => {
        expect(treeFaults({ primary: "p", edges }).length === 0).toBe(isTree("p", edges));
      }),
      { numRuns: 2_000 },
    );
  });
});

/** Every instance but the primary has one parent, and climbing from each ends at the primary. */
function isTree(primary: string, edges: readonly { from: string; to: string }[]): boolean {
  const parents = new Map(edges.map(({ from, to }) => [to, from]));
  if (parents.size !== edges.length || parents.has(primary)) return false;
  return edges.every(({ to }) => {
    let here: string | undefined = to;
    for (let step = 0; step <= edges.length && here !== undefined; step++) {
      if (here === primary) return true;
      here = parents.get(here);
    }
    return false;
  });
}

describe("promoted", () => {
  it("turns the edges on the way round and leaves all others", () => {
    const edges = [{ ...edge("p", "a"), limits: { bytesPerSecond: 5 } }, edge("a", "b"), edge("a", "c"), edge("p", "d")];
    expect(promoted({ primary: "p", edges, enabled: true }, "b")).toEqual({
      primary: "b",
      edges: [{ ...edge("a", "p"), limits: { bytesPerSecond: 5 } }, edge("b", "a"), edge("a", "c"), edge("p", "d")],
      enabled: true,
    });
    expect(promoted({ primary: "p", edges, enabled: true }, "x")).toBeUndefined();
  });

  it("keeps every tree a tree over the same instances, and promoting the old primary gives it back", () => {
    fc.assert(
      fc.property(tree, fc.nat(), (edges, choice) => {
        const replica = edges[choice % edges.length]?.to ?? "";
        const turned = promoted({ primary: "n0", edges, enabled: true }, replica);
        expect(turned && treeFaults(turned)).toEqual([]);
        expect(descendants(turned?.edges ?? [], replica).sort()).toEqual(
          ["n0", ...edges.map(({ to }) => to)].filter((name) => name !== replica).sort(),
        );
        expect(turned && promoted(turned, "n0")).toEqual({ primary: "n0", edges, enabled: true });
      }),
    );
  });
});

describe("pathTo", () => {
  it("leads from the primary down, and nowhere for strangers", () => {
    const edges = [edge("p", "a"), edge("a", "b")];
    expect(pathTo({ primary: "p", edges }, "b")).toEqual(["p", "a", "b"]);
    expect(pathTo({ primary: "p", edges }, "p")).toEqual(["p"]);
    expect(pathTo({ primary: "p", edges }, "x")).toBeUndefined();
  });
});

/** A tree below `n0`: each next instance hangs below one of those before it. */
const tree = fc
  .array(fc.nat(), { minLength: 1, maxLength: 12 })
  .map((parents) => parents.map((parent, index) => edge(`n${parent % (index + 1)}`, `n${index + 1}`)));
