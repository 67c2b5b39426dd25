import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { safeEntry } from "./log-line.ts";
import { formsOfSecret, safeText } from "./safe-text.ts";

const safe = (text: string, secrets: string[] = []) => safeText(text, { most: 500, secrets });

describe("safeText", () => {
  it.each([
    ["GET https://u:hunter2@r.test/v2/ failed", "GET https://***@r.test/v2/ failed"],
    ["see https://s3.test/blob?X-Amz-Signature=abc&X-Amz-Date=1 now", "see https://s3.test/blob?*** now"],
    ["POST /v2/app/blobs/uploads/1?_state=abcdef on r.test answered 500", "POST /v2/app/blobs/uploads/1?*** on r.test answered 500"],
    ["Authorization: Bearer eyJhbGciOi.x.y", "Authorization: Bearer ***"],
    ["Authorization: s3cr3t", "Authorization: ***"],
    ["sent Basic dXNlcjpwYXNz twice", "sent Basic *** twice"],
    ['{"password":"p4ss","x":1}', '{"password":"***","x":1}'],
    ["refresh_token=abc&y=1", "refresh_token=***&y=1"],
    ["two\nlines\u001b[31m and \u202ebidi", "two lines [31m and bidi"],
  ])("%j becomes %j", (text, expected) => {
    expect(safe(text)).toBe(expected);
  });

  it.each([
    "reading team0/app:v1: GET /v2/team0/app/manifests/v1 on r.test answered 503 (UNAVAILABLE: come back later)",
    `blob sha256:${"a".repeat(64)} copied: 12.0 MiB in 1.2 s`,
    "the token: sha256:abc was no token",
    "why? because",
  ])("leaves %j alone", (text) => {
    expect(safe(text)).toBe(text);
  });

  it("never shows a known secret, in any of its forms, nor the query of a URL, and keeps its bound", () => {
    const secret = fc.stringMatching(/^[!-~]{8,20}$/);
    const words = fc.array(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 5 }).map((parts) => parts.join(" "));
    fc.assert(
      fc.property(secret, words, words, (password, before, after) => {
        for (const form of formsOfSecret(password, "robot")) {
          expect(safe(`${before} ${form} ${after}`, formsOfSecret(password, "robot"))).not.toContain(form);
        }
        const query = `X-Sig=${encodeURIComponent(password)}`;
        const shown = safeText(`${before} https://s.test/x?${query} ${after}`, { most: 60 });
        expect(shown).not.toContain(query);
        expect(shown.length).toBeLessThanOrEqual(60);
      }),
    );
  });
});

describe("safeEntry", () => {
  it("bounds messages, fields and their number", () => {
    const fields = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`f${index}`, "x".repeat(9_000)]));
    const entry = safeEntry({
      executionId: "e",
      taskId: undefined,
      at: "2026-01-01T00:00:00.000Z",
      level: "info",
      source: "a",
      code: undefined,
      message: "m\n".repeat(9_000),
      fields,
    });
    expect(entry.message.length).toBeLessThanOrEqual(2_000);
    expect(Object.keys(entry.fields)).toHaveLength(12);
    expect(Math.max(...Object.values(entry.fields).map((value) => value.length))).toBeLessThanOrEqual(300);
  });
});
