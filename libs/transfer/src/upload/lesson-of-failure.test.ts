import { type ErrorCode, TransshipError } from "@transship/errors";
import { describe, expect, it } from "vitest";
import { type FailedRequest, lessonOfFailure } from "./lesson-of-failure.ts";

const FIRST: FailedRequest = { request: "chunk", bytes: 100, start: 0, chunks: 0, resumed: "no", again: false };
const LATER: FailedRequest = { ...FIRST, start: 100, chunks: 1 };
const CLOSE: FailedRequest = { ...FIRST, request: "close", bytes: 0, start: 200, chunks: 2 };
const WHOLE: FailedRequest = { ...FIRST, request: "whole-put" };

function lesson(code: ErrorCode, failed: FailedRequest) {
  return lessonOfFailure(new TransshipError(code, { what: "uploading", why: "refused" }), failed)?.kind;
}

describe("what a refused request shows", () => {
  it.each<[string, ErrorCode, FailedRequest, string | undefined]>([
    ["413 for a chunk", "UPLOAD_TOO_LARGE", LATER, "body-too-large"],
    ["413 for the whole", "UPLOAD_TOO_LARGE", WHOLE, "body-too-large"],
    ["405 for a first chunk", "UNSUPPORTED", FIRST, "patch-refused"],
    ["416 for a first chunk (GHCR)", "RANGE_INVALID", FIRST, "patch-refused"],
    ["404 for a first chunk: a session may get lost", "BLOB_UPLOAD_UNKNOWN", FIRST, undefined],
    ["404 for a first chunk again", "BLOB_UPLOAD_UNKNOWN", { ...FIRST, again: true }, "patch-refused"],
    ["a session that got lost later, again", "BLOB_UPLOAD_UNKNOWN", { ...LATER, again: true }, undefined],
    ["416 for a later chunk: the status query mends it", "RANGE_INVALID", LATER, undefined],
    ["416 for a later chunk again", "RANGE_INVALID", { ...LATER, again: true }, "later-patches-lost"],
    ["416 where the status query said to go on", "RANGE_INVALID", { ...LATER, resumed: "unconfirmed" }, "status-lied"],
    ["416 after a chunk was taken there", "RANGE_INVALID", { ...LATER, resumed: "confirmed" }, undefined],
    ["other bytes after several chunks (ECR)", "DIGEST_INVALID", CLOSE, "later-patches-lost"],
    ["other bytes after one chunk", "DIGEST_INVALID", { ...CLOSE, chunks: 1 }, undefined],
    ["other bytes after going on from the status query", "DIGEST_INVALID", { ...CLOSE, resumed: "confirmed" }, "status-lied"],
    ["a lost session at the end", "BLOB_UPLOAD_UNKNOWN", { ...CLOSE, again: true }, undefined],
    ["400 at the end, again", "BLOB_UPLOAD_INVALID", { ...CLOSE, again: true }, "later-patches-lost"],
    ["405 for a PUT with a body", "UNSUPPORTED", WHOLE, "whole-put-refused"],
    ["400 for a PUT with a body, again", "BLOB_UPLOAD_INVALID", { ...WHOLE, again: true }, "whole-put-refused"],
    ["other bytes after one PUT", "DIGEST_INVALID", WHOLE, undefined],
    ["a connection that broke", "CONNECTION_FAILED", { ...LATER, again: true }, undefined],
    ["a registry that is down", "REGISTRY_FAILED", FIRST, undefined],
    ["a missing right", "DENIED", { ...FIRST, again: true }, undefined],
  ])("%s", (_, code, failed, kind) => {
    expect(lesson(code, failed)).toBe(kind);
  });
});
