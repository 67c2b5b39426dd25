import { describe, expect, it } from "vitest";
import { CODES, type ErrorCode, EXIT, isErrorCode } from "./codes.ts";
import { diskError } from "./system-errors.ts";
import { asTransshipError, formatError, TransshipError } from "./transship-error.ts";

const codes = Object.keys(CODES) as ErrorCode[];

describe("the table of codes", () => {
  it.each(codes)("%s has a hint that is a sentence, and an exit code that is promised", (code) => {
    expect(CODES[code].hint).toMatch(/^[A-Z\d].*\.$/s);
    expect(Object.values(EXIT)).toContain(CODES[code].exit);
    expect(CODES[code].exit).not.toBe(EXIT.ok);
  });

  it("knows its own codes only", () => {
    expect(codes.every(isErrorCode)).toBe(true);
    for (const foreign of ["", "toString", "__proto__", "NO_SUCH_CODE"]) expect(isErrorCode(foreign)).toBe(false);
  });
});

describe("TransshipError", () => {
  const cause = new Error("socket closed by s3cret");
  const error = new TransshipError("TIMED_OUT", { what: "reading a:v1", why: "no progress", tried: "3 times", side: "source", cause });

  it("takes retry, status, exit code and hint from its code", () => {
    expect(error).toMatchObject({
      message: "reading a:v1: no progress",
      retry: "retry",
      grpcStatus: "DEADLINE_EXCEEDED",
      exitCode: 6,
      cause,
    });
    expect(error.hint).toBe(CODES.TIMED_OUT.hint);
  });

  it("prints no cause and no stack", () => {
    expect(JSON.stringify(error)).not.toContain("s3cret");
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      apiVersion: "transship/v1",
      kind: "Error",
      code: "TIMED_OUT",
      message: "reading a:v1: no progress",
      hint: CODES.TIMED_OUT.hint,
      tried: "3 times",
      side: "source",
    });
    expect(formatError(error)).toBe(`reading a:v1: no progress (source) · 3 times · ${CODES.TIMED_OUT.hint} · TIMED_OUT`);
  });

  it("keeps the original when facts are replaced", () => {
    const other = error.with({ side: "target", what: "writing a:v1" });
    expect(other).toMatchObject({
      code: "TIMED_OUT",
      message: "writing a:v1: no progress",
      side: "target",
      tried: "3 times",
      cause: error,
    });
  });
});

describe("errors of other makes", () => {
  it("become internal errors, ours stay", () => {
    const own = new TransshipError("NOT_FOUND", { what: "x", why: "y" });
    expect(asTransshipError(own)).toBe(own);
    const thrown = new TypeError("nope");
    expect(asTransshipError(thrown, "sorting")).toMatchObject({ code: "INTERNAL", message: "sorting: nope", cause: thrown });
    expect(asTransshipError("text")).toMatchObject({ code: "INTERNAL", why: "text" });
  });

  it.each([
    ["ENOSPC", "DISK_FULL"],
    ["EDQUOT", "DISK_FULL"],
    ["SQLITE_FULL", "DISK_FULL"],
    ["SQLITE_IOERR_SHMSIZE", "DISK_FULL"],
    ["SQLITE_IOERR_READ", "DATA_DIR_UNUSABLE"],
    ["EACCES", "DATA_DIR_UNUSABLE"],
    [undefined, "DATA_DIR_UNUSABLE"],
  ])("a file system's %s is %s", (code, expected) => {
    const thrown = Object.assign(new Error("reason"), { code });
    expect(diskError("writing", thrown)).toMatchObject({ code: expected, message: "writing: reason", cause: thrown });
  });
});
