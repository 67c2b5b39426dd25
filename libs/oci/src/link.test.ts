import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nextLink } from "./link.ts";

describe("nextLink", () => {
  it.each([
    [['</v2/a/tags/list?last=x&n=2>; rel="next"'], "/v2/a/tags/list?last=x&n=2"],
    [["<https://a/x>; rel=next"], "https://a/x"],
    [['<a>; rel="prev", <b>; title="x,y"; rel="last next"'], "b"],
    [['<a>; rel="prev"', '<c>; rel="next"'], "c"],
    [['<a>; rel="nextish"'], undefined],
    [["garbage"], undefined],
    [[], undefined],
  ])("%j", (headers, expected) => {
    expect(nextLink(headers)).toBe(expected);
  });

  it("takes no time for hostile headers", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[<>;="a ,]{0,200}$/), (header) => ["string", "undefined"].includes(typeof nextLink([header]))),
    );
    nextLink([`<a>${"; a=a".repeat(10_000)}`]);
  });
});
