import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { FaultKind } from "./fault.ts";
import { FAULT_NAMES, parseBytes } from "./fault-names.ts";
import { describeFaults, parseFault } from "./parse-fault.ts";

describe("parseFault", () => {
  it.each([
    ["cut-after=1MiB", { action: { kind: "cut-after", bytes: 1_048_576 } }],
    ["lost-session", { action: { kind: "lost-session" } }],
    ["status=503html", { action: { kind: "status", status: 503, html: true } }],
    ["too-many-requests=7", { action: { kind: "too-many-requests", retryAfter: "7" } }],
    ["overlong=10unannounced", { action: { kind: "overlong", bytes: 10, announced: false } }],
    ["wrong-offset=-5", { action: { kind: "wrong-offset", delta: -5 } }],
    ["foreign-location=http://h:1/x", { action: { kind: "foreign-location", location: "http://h:1/x" } }],
    ["redirect=http://h:1/x", { action: { kind: "redirect", location: "http://h:1/x" } }],
    [
      "slow=100,op=blob-get+blob-patch,after=2,times=all",
      {
        action: { kind: "slow", bytesPerSecond: 100 },
        match: { op: ["blob-get", "blob-patch"] },
        after: 2,
        times: Number.POSITIVE_INFINITY,
      },
    ],
    ["delay=5,method=get,path=/v2/a/", { action: { kind: "delay", milliseconds: 5 }, match: { method: "GET", path: /\/v2\/a\// } }],
    [
      "too-many-requests=Sat, 21 Nov 2026 10:00:00 GMT,times=2",
      {
        action: { kind: "too-many-requests", retryAfter: "Sat, 21 Nov 2026 10:00:00 GMT" },
        times: 2,
      },
    ],
  ])("reads %s", (text, rule) => {
    expect(parseFault(text)).toEqual(rule);
  });

  it.each([
    ["cut=5", /no fault "cut"/, /cut-after/],
    ["cut-after=five", /"five" is no value/, /cut-after=BYTES/],
    ["lost-session=1", /no value/, /takes no value/],
    ["slow=0", /no value/, /BYTES/],
    ["delay=1,op=blob", /no operation "blob"/, /blob-get/],
    ["delay=1,when=now", /no condition "when"/, /times/],
    ["delay=1,path=(", /no regular expression/, /JavaScript/],
    ["delay=1,times=x", /no count/, /whole number/],
  ])("refuses %s and says what would do", (text, why, hint) => {
    const error = (() => {
      try {
        return parseFault(text);
      } catch (thrown) {
        return thrown;
      }
    })();
    expect(error).toBeInstanceOf(TransshipError);
    expect(error).toMatchObject({ code: "INVALID_ARGUMENT", why: expect.stringMatching(why), hint: expect.stringMatching(hint) });
  });

  it("throws nothing else, whatever it is given", () => {
    const text = fc.oneof(
      fc.string(),
      fc.tuple(fc.constantFrom(...Object.keys(FAULT_NAMES)), fc.string()).map(([name, value]) => `${name}=${value}`),
    );
    fc.assert(
      fc.property(text, (given) => {
        try {
          return Object.hasOwn(FAULT_NAMES, parseFault(given).action.kind as FaultKind);
        } catch (error) {
          return error instanceof TransshipError;
        }
      }),
    );
  });

  it("describes every fault in one line", () => {
    expect(describeFaults()).toHaveLength(Object.keys(FAULT_NAMES).length);
    expect(describeFaults()[0]).toMatch(/^cut-after=BYTES +\S/);
    expect([parseBytes("2KiB"), parseBytes("2kb")]).toEqual([2048, undefined]);
  });
});
