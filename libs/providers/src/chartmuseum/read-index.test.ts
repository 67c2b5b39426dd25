import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { readIndex } from "./read-index.ts";

const base = new URL("https://charts.test/repo/");
const shown = async (text: string) =>
  [...(await readIndex(text, base))].map(([name, versions]) => [name, versions.map(({ tag, url, archive }) => [tag, url.href, archive])]);
const hex = "ab".repeat(32);

describe("reading an index", () => {
  it("reads what Helm writes, what others write, and both digests", async () => {
    const helm = `apiVersion: v1\nentries:\n  # the first\n  "1":\n  - version: 1.10\n    digest: ${hex}\n    description: |-\n      looks: like\n        a: chart\n    urls: [a.tgz]\n  - {version: 1.0.0+b, digest: "sha256:${hex}", urls: ["https://cdn.test/a"]}\n\n  b: []\ngenerated: "x"\n`;
    const expected = [
      [
        "1",
        [
          ["1.10", "https://charts.test/repo/a.tgz", `sha256:${hex}`],
          ["1.0.0_b", "https://cdn.test/a", `sha256:${hex}`],
        ],
      ],
      ["b", []],
    ];
    expect(await shown(helm)).toEqual(expected);
    expect(await shown(helm.replaceAll("\n", "\r\n"))).toEqual(expected);
    expect(await shown(`{entries: {b: [{version: 1.0.0, urls: [/x.tgz], digest: none}]}}`)).toEqual([
      ["b", [["1.0.0", "https://charts.test/x.tgz", undefined]]],
    ]);
    expect(await shown("entries: {}\n")).toEqual([]);
  });

  it("takes the first where a version stands twice, and no index where a chart does", async () => {
    const twice = "entries:\n  a:\n  - version: 1.0.0\n    urls: [x]\n  - version: 1.0.0\n    urls: [y]\n";
    expect(await shown(twice)).toEqual([["a", [["1.0.0", "https://charts.test/repo/x", undefined]]]]);
    await expect(shown("entries:\n  a: []\n  a: []\n")).rejects.toMatchObject({ code: "RESPONSE_MALFORMED" });
    await expect(shown("entries:\n  - a\n  - b\n")).rejects.toMatchObject({ code: "RESPONSE_MALFORMED" });
  });

  it("comes to the same chart by chart as in one piece", async () => {
    const version = fc.record({
      version: fc.stringMatching(/^[0-9]\.[0-9]{1,2}\.[0-9](?:\+[a-z]{1,3})?$/),
      urls: fc.constant(["a.tgz"]),
      description: fc.string({ unit: fc.constantFrom("a", " ", "\n", "-", ":", "#", "entries:", "'", '"') }),
    });
    const entries = fc.dictionary(fc.stringMatching(/^[a-z][a-z0-9-]{0,6}$/), fc.array(version, { maxLength: 3 }), {
      minKeys: 1,
      maxKeys: 4,
    });
    await fc.assert(
      fc.asyncProperty(entries, fc.boolean(), async (charts, indentSeq) => {
        const document = { apiVersion: "v1", entries: charts, generated: "now" };
        expect(await shown(stringify(document, { indentSeq, aliasDuplicateObjects: false }))).toEqual(
          await shown(JSON.stringify(document)),
        );
      }),
      { numRuns: 150 },
    );
  });
});
