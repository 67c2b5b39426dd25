import { describe, expect, it } from "vitest";
import { parseContentRange, parseUploadRange } from "./content-range.ts";

describe("parseContentRange", () => {
  it.each([
    ["bytes 0-99/1234", { first: 0, last: 99, total: 1234 }],
    ["Bytes 5-5/*", { first: 5, last: 5, total: undefined }],
    ["bytes 5-4/10", undefined],
    ["bytes 0-10/10", undefined],
    ["bytes */10", undefined],
    ["items 0-1/2", undefined],
    [undefined, undefined],
  ])("%j", (header, expected) => {
    expect(parseContentRange(header)).toEqual(expected);
  });
});

describe("parseUploadRange", () => {
  it.each([
    ["0-99", 100],
    ["0-0", "ambiguous"],
    ["0--1", 0],
    ["bytes=0-100", 100],
    ["bytes=0-0", 0],
    ["5-99", undefined],
    ["0-x", undefined],
    [undefined, undefined],
  ])("%j", (header, expected) => {
    expect(parseUploadRange(header)).toBe(expected);
  });
});
