import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createDigestHash, digestOf, hashDigest, isDigest, parseDigest } from "./digest.ts";

const EMPTY = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

describe("digest", () => {
  it("counts bytes in memory and in a stream alike, for both algorithms", () => {
    expect(digestOf(new Uint8Array())).toBe(EMPTY);
    for (const algorithm of ["sha256", "sha512"] as const) {
      const digest = digestOf(Buffer.from("transship"), algorithm);
      const hash = createDigestHash(digest).update("trans").update("ship");
      expect(hashDigest(hash, algorithm)).toBe(digest);
    }
  });

  it.each([
    ["", "form sha256:<hex>"],
    ["md5:d41d8cd98f00b204e9800998ecf8427e", "neither sha256 nor sha512"],
    [EMPTY.toUpperCase().replace("SHA256", "sha256"), "0-9 and a-f"],
    [EMPTY.slice(0, -1), "64 hex digits, not 63"],
    [`${EMPTY}/../../etc/passwd`, "0-9 and a-f"],
    [`${EMPTY}\n`, "0-9 and a-f"],
    [EMPTY.replace("sha256", "sha512"), "128 hex digits"],
  ])("refuses %j and says why", (text, why) => {
    expect(isDigest(text)).toBe(false);
    expect(() => parseDigest(text)).toThrowError(why);
  });

  it("takes exactly what it makes", () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.constantFrom("sha256", "sha512"), (bytes, algorithm) => isDigest(digestOf(bytes, algorithm))),
    );
  });
});
