import { describe, expect, it } from "vitest";
import { retryAfterMs } from "./retry-after.ts";

const NOW = Date.parse("2026-11-21T12:00:00Z");
const headersOf = (values: Record<string, string>) => ({ get: (name: string) => values[name], all: () => [] });

describe("retryAfterMs", () => {
  it.each([
    [{ "retry-after": "7" }, 7_000],
    [{ "retry-after": "Sat, 21 Nov 2026 12:00:30 GMT" }, 30_000],
    [{ "retry-after": "Sat, 21 Nov 2026 11:00:00 GMT" }, 0],
    [{ "retry-after": String(NOW / 1000 + 60) }, 60_000],
    [{ "retry-after": "soon" }, undefined],
    [{ "retry-after": "-5" }, undefined],
    [{ "ratelimit-remaining": "0;w=21600", "ratelimit-reset": "90" }, 90_000],
    [{ "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(NOW / 1000 + 5) }, 5_000],
    [{ "ratelimit-remaining": "3", "ratelimit-reset": "90" }, undefined],
    [{}, undefined],
  ])("%j", (headers, expected) => {
    expect(retryAfterMs(headersOf(headers as Record<string, string>), NOW)).toBe(expected);
  });
});
