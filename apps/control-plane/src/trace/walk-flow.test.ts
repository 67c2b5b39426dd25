import { wire } from "@transship/api";
import type { ArtifactPlace, Rule, RuleSpec } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { orderPlaces } from "./order-places.ts";
import { placeKey } from "./place-key.ts";
import { MOST_PLACES, walkFlow } from "./walk-flow.ts";

const T = "2026-01-01T00:00:00.000Z";
const at = (instance: string, repository = "app", tag = "v1"): ArtifactPlace => ({ instance, repository, tag });
const nobody = async () => [];

function rule(name: string, from: string, to: string, more: Partial<RuleSpec> = {}): Rule {
  const spec: RuleSpec = { source: { instance: from }, targets: [{ instance: to }], overwrite: "always", enabled: true, ...more };
  return { name, labels: {}, createdAt: T, updatedAt: T, spec };
}

const names = (places: ReadonlyMap<string, ArtifactPlace>) =>
  [...places.values()].map(({ instance, repository }) => `${instance}/${repository}`);

describe("the flow of an image", () => {
  it("goes forward and back by what names tell, and by what is remembered where levels were dropped", async () => {
    const flat = rule("flat", "a", "b", {
      source: { instance: "a", namespace: "x" },
      targets: [{ instance: "b", namespace: "y", flatten: "all" }],
    });
    const on = rule("on", "b", "c");
    const forgotten = await walkFlow([at("b", "y/app")], [flat, on], nobody);
    expect(names(forgotten.places)).toEqual(["b/y/app", "c/y/app"]);
    const remembered = await walkFlow([at("b", "y/app")], [flat, on], async ({ instance }) =>
      instance === "b"
        ? [
            { rule: "flat", repository: "x/deep/app" },
            { rule: "flat", repository: "x/deep/other" },
          ]
        : [],
    );
    expect(names(remembered.places)).toEqual(["b/y/app", "c/y/app", "a/x/deep/app"]);
  });

  it("keeps what a rule refuses as a leg that leads on to nothing", async () => {
    const refusing = rule("refusing", "a", "b", { source: { instance: "a", tag: "w.*" } });
    const { legs, places } = await walkFlow([at("a")], [refusing, rule("on", "b", "c")], nobody);
    expect(legs.map(({ rule: { name }, refusal }) => [name, refusal?.reason])).toEqual([["refusing", "tag-pattern"]]);
    expect(names(places)).toEqual(["a/app", "b/app"]);
  });

  it("ends, and says so, where there is no end of names", async () => {
    const growing = rule("growing", "a", "a", { targets: [{ instance: "a", repository: "x/{{repository}}" }] });
    const { places } = await walkFlow([at("a")], [growing], nobody);
    expect(places.size).toBeLessThanOrEqual(MOST_PLACES);
    const many = Array.from({ length: MOST_PLACES + 5 }, (_, index) => rule(`r${index}`, "a", `b${index}`));
    const cut = await walkFlow([at("a")], many, nobody);
    expect([cut.cut, cut.places.size]).toEqual([true, MOST_PLACES]);
  });

  it("has each place once in its order, whatever the circles, and below something that leads to it", () => {
    const pair = fc.tuple(fc.nat(7), fc.nat(7));
    fc.assert(
      fc.property(fc.array(pair, { maxLength: 20 }), (pairs) => {
        const places = Array.from({ length: 8 }, (_, index) => at(`i${index}`));
        const legs = pairs.map(([from, to]) => ({ from: at(`i${from}`), to: at(`i${to}`), state: wire.TraceLegState.EQUAL }));
        const ordered = orderPlaces(places, legs);
        expect(ordered.map(({ place }) => placeKey(place)).sort()).toEqual(places.map(placeKey).sort());
        for (const [index, { place, depth }] of ordered.entries()) {
          if (depth === 0) continue;
          const above = ordered.slice(0, index).filter((one) => one.depth === depth - 1);
          expect(
            legs.some(({ from, to }) => placeKey(to) === placeKey(place) && above.some((one) => placeKey(one.place) === placeKey(from))),
          ).toBe(true);
        }
      }),
    );
  });
});
