import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDigest } from "./digest.ts";
import { isOpenEnded, parseChunkRange, parseRange, sessionRange } from "./range.ts";
import { classifyReference, isRepositoryName, isTag, parseRoute } from "./route.ts";

const hex = (length: number) => fc.string({ unit: fc.constantFrom(..."0123456789abcdef"), minLength: length, maxLength: length });

describe("parseDigest", () => {
  it("takes every sha256 and sha512 and nothing of another length", () => {
    fc.assert(fc.property(hex(64), (encoded) => parseDigest(`sha256:${encoded}`)?.encoded === encoded));
    fc.assert(fc.property(hex(128), (encoded) => parseDigest(`sha512:${encoded}`)?.encoded === encoded));
    fc.assert(fc.property(hex(63), (encoded) => parseDigest(`sha256:${encoded}`) === undefined));
  });

  it("takes nothing that could be a path", () => {
    fc.assert(fc.property(fc.string(), (text) => parseDigest(text) === undefined || /^sha(256|512):[0-9a-f]+$/.test(text)));
    expect(parseDigest(`sha256:${"../".repeat(21)}a`)).toBeUndefined();
  });
});

describe("parseRoute", () => {
  it.each([
    ["GET", "/v2/", "ping", "", ""],
    ["GET", "/v2/_catalog?n=3", "catalog", "", ""],
    ["GET", "/v2/a/b/tags/list", "tags-list", "a/b", ""],
    ["HEAD", "/v2/a/manifests/v1", "manifest-head", "a", "v1"],
    ["GET", "/v2/a/blobs/sha256%3Aabc", "blob-get", "a", "sha256:abc"],
    ["POST", "/v2/a/blobs/uploads/", "blob-start", "a", ""],
    ["POST", "/v2/a/blobs/uploads/?mount=x&from=y", "blob-mount", "a", ""],
    ["POST", "/v2/a/blobs/uploads/?digest=x", "blob-post", "a", ""],
    ["PATCH", "/v2/a/blobs/uploads/id?_state=x", "blob-patch", "a", "id"],
    ["PUT", "/v2/a/blobs/uploads/id?digest=x", "blob-put", "a", "id"],
    ["DELETE", "/v2/a/blobs/uploads/id", "blob-cancel", "a", "id"],
    ["GET", "/v2/tags/list/tags/list", "tags-list", "tags/list", ""],
    ["POST", "/v2/a/manifests/v1", "unknown", "", ""],
    ["GET", "/favicon.ico", "unknown", "", ""],
  ])("reads %s %s as %s", (method, target, op, repository, reference) => {
    expect(parseRoute(method, target)).toMatchObject({ op, repository, reference });
  });

  it("never throws", () => {
    fc.assert(fc.property(fc.string(), fc.string(), (method, target) => typeof parseRoute(method, target).op === "string"));
  });
});

describe("names", () => {
  it("takes the spec's repository names and tags", () => {
    for (const name of ["a", "a/b", "a.b_c__d---e/f0"]) expect(isRepositoryName(name), name).toBe(true);
    for (const name of ["A", "a//b", "/a", "a/", "a..b", "a_-b", "../a", "_blobs", "a".repeat(256)])
      expect(isRepositoryName(name), name).toBe(false);
    expect([isTag("v1.0_x-Y"), isTag("a".repeat(128)), isTag("a".repeat(129)), isTag("-a"), isTag("a+b")]).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
    expect([classifyReference("latest"), classifyReference("sha256:bad")]).toEqual(["tag", "invalid"]);
  });
});

describe("parseRange", () => {
  it("always lies within the body", () => {
    const header = fc.tuple(fc.option(fc.nat(50)), fc.option(fc.nat(50))).map(([a, b]) => `bytes=${a ?? ""}-${b ?? ""}`);
    fc.assert(
      fc.property(header, fc.nat(40), (text, size) => {
        const range = parseRange(text, size);
        return typeof range === "string" || (range.start >= 0 && range.start <= range.end && range.end < size);
      }),
    );
  });

  it("reads closed, open and suffix ranges", () => {
    expect(parseRange("bytes=2-4", 10)).toEqual({ start: 2, end: 4 });
    expect(parseRange("bytes=2-", 10)).toEqual({ start: 2, end: 9 });
    expect(parseRange("bytes=-3", 10)).toEqual({ start: 7, end: 9 });
    expect(parseRange("bytes=10-", 10)).toBe("unsatisfiable");
    expect(parseRange("lines=1-2", 10)).toBe("whole");
    expect([isOpenEnded("bytes=2-"), isOpenEnded("bytes=2-4")]).toEqual([true, false]);
  });

  it("reads chunk ranges without a unit", () => {
    expect(parseChunkRange("5-9")).toEqual({ start: 5, end: 9 });
    for (const bad of ["bytes 5-9/10", "9-5", "5-", ""]) expect(parseChunkRange(bad), bad).toBeUndefined();
    expect([sessionRange(0), sessionRange(1), sessionRange(10)]).toEqual(["0-0", "0-0", "0-9"]);
  });
});
