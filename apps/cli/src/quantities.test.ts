import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatAge, formatBytes, formatDuration, parseBytes, parseDuration } from "./quantities.ts";

describe("parseDuration", () => {
  it.each([
    ["90s", 90_000],
    ["1h30m", 5_400_000],
    ["500ms", 500],
    ["30d", 2_592_000_000],
    ["0.5s", 500],
  ])("reads %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "90", "s", "-1s", "1 s", "1y", "1h 30m"])("refuses %j", (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });
});

describe("parseBytes", () => {
  it.each([
    ["1048576", 1_048_576],
    ["8MiB", 8_388_608],
    ["1.5GB", 1_500_000_000],
    ["10 KiB", 10_240],
  ])("reads %s", (text, bytes) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  it.each(["", "MiB", "-1", "1 XB", "8mib"])("refuses %j", (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});

describe("formats for people", () => {
  it("writes bytes in binary units", () => {
    expect([0, 1023, 1536, 10 * 1024 ** 2, 300 * 1024 ** 3].map(formatBytes)).toEqual(["0 B", "1023 B", "1.5 KiB", "10.0 MiB", "300 GiB"]);
  });

  it("writes durations in the two largest units", () => {
    expect([900, 45_000, 200_000, 3_700_000, 187_200_000].map(formatDuration)).toEqual(["1s", "45s", "3m20s", "1h1m", "2d4h"]);
  });

  it("writes a duration back that it can read", () => {
    void fc.assert(fc.property(fc.nat(1e9), (ms) => parseDuration(formatDuration(ms)) !== undefined));
  });

  it("writes ages, and times to come", () => {
    const now = Date.parse("2026-11-21T12:00:00Z");
    expect(formatAge("2026-11-21T11:59:00Z", now)).toBe("1m0s ago");
    expect(formatAge("2026-11-21T12:00:30Z", now)).toBe("in 30s");
    expect(formatAge("", now)).toBe("-");
  });
});
