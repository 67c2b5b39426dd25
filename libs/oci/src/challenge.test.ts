import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseChallenges } from "./challenge.ts";

const plain = (headers: readonly string[]) =>
  parseChallenges(headers).map(({ scheme, parameters }) => [scheme, Object.fromEntries(parameters)]);

describe("parseChallenges", () => {
  it("reads a bearer challenge with commas inside quotes", () => {
    const header =
      'Bearer realm="https://auth.example/token",service="reg.example",scope="repository:a/b:pull,push",error="insufficient_scope"';
    expect(plain([header])).toEqual([
      [
        "bearer",
        { realm: "https://auth.example/token", service: "reg.example", scope: "repository:a/b:pull,push", error: "insufficient_scope" },
      ],
    ]);
  });

  it("reads several challenges in one header and in several", () => {
    expect(plain(['Negotiate abc==, BASIC realm="x, y", bearer Realm = "https://a/" , service=b', "Basic"])).toEqual([
      ["negotiate", {}],
      ["basic", { realm: "x, y" }],
      ["bearer", { realm: "https://a/", service: "b" }],
      ["basic", {}],
    ]);
  });

  it("undoes escapes in quoted values", () => {
    expect(plain(['Basic realm="a\\"b\\\\c"'])).toEqual([["basic", { realm: 'a"b\\c' }]]);
  });

  it("ends for every input, without throwing", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: "binary-ascii", maxLength: 200 }), { maxLength: 5 }),
        (headers) => parseChallenges(headers).length <= 16,
      ),
    );
    fc.assert(fc.property(fc.stringMatching(/^[Bb ="\\,a]{0,60}$/), (header) => parseChallenges([header]).length <= 16));
  });
});
