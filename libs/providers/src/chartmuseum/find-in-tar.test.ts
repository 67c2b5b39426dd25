import { gunzipSync } from "node:zlib";
import { chartArchive } from "@transship/dev-registry";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TarFinder } from "./find-in-tar.ts";

describe("finding a file in a tar archive", () => {
  it("finds it wherever it is and however the bytes are cut", () => {
    const file = fc.record({ name: fc.stringMatching(/^[a-z]{1,8}$/), content: fc.uint8Array({ maxLength: 1_600 }) });
    fc.assert(
      fc.property(
        fc.array(file, { maxLength: 6 }),
        fc.uint8Array({ maxLength: 1_600 }),
        fc.array(fc.integer({ min: 1, max: 1_500 })),
        (files, wanted, cuts) => {
          const all = [...files.map(({ name, content }) => [name, content] as const), ["Chart.yaml", wanted] as const];
          const tar = gunzipSync(chartArchive("nginx", Object.fromEntries(all)));
          const finder = new TarFinder((name) => name === "nginx/Chart.yaml", 2_000, "test");
          let start = 0;
          for (const length of [...cuts, tar.byteLength]) {
            finder.push(tar.subarray(start, start + length));
            start += length;
          }
          expect(finder.found?.equals(Buffer.from(wanted))).toBe(true);
        },
      ),
      { numRuns: 200 },
    );
  });

  it("ends with a code of ours for whatever bytes come", () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 0, maxLength: 3_000 }), (bytes) => {
        const finder = new TarFinder(() => true, 1_000, "test");
        try {
          finder.push(bytes);
        } catch (thrown) {
          expect(["RESPONSE_MALFORMED", "RESPONSE_TOO_LARGE"]).toContain((thrown as { code?: string }).code);
        }
      }),
      { numRuns: 200 },
    );
  });
});
