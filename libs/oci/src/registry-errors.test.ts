import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { registryError, type Subject } from "./registry-errors.ts";

const MISSING = `sha256:${"0".repeat(64)}`;

function errorOf(
  subject: Subject,
  method: "GET" | "PUT" | "PATCH" | "DELETE",
  status: number,
  body = "",
  headers: Record<string, string> = {},
) {
  const all = { "content-type": "application/json", ...headers };
  const url = new URL("https://reg.example/v2/a/manifests/v1?_state=canary");
  const answer = { status, headers: { get: (name: string) => (all as Record<string, string>)[name], all: () => [] } };
  return registryError({ what: "testing", method, url, subject }, answer, Buffer.from(body), 0);
}
const words = (code: string, message = "", detail: unknown = undefined) => JSON.stringify({ errors: [{ code, message, detail }] });

describe("registryError", () => {
  it.each([
    ["manifest", "GET", 404, "", "MANIFEST_UNKNOWN"],
    ["blob", "GET", 404, "", "BLOB_UNKNOWN"],
    ["list", "GET", 404, "", "NAME_UNKNOWN"],
    ["upload", "PUT", 404, "", "BLOB_UPLOAD_UNKNOWN"],
    ["registry", "GET", 404, "", "UNSUPPORTED"],
    ["manifest", "PUT", 413, "", "MANIFEST_TOO_LARGE"],
    ["manifest", "PUT", 400, "", "MANIFEST_INVALID"],
    ["upload", "PUT", 416, "", "RANGE_INVALID"],
    ["upload", "PATCH", 413, "", "UPLOAD_TOO_LARGE"],
    ["upload", "PATCH", 413, words("SIZE_INVALID"), "UPLOAD_TOO_LARGE"],
    ["upload", "PUT", 413, words("DENIED"), "DENIED"],
    ["manifest", "GET", 401, "", "UNAUTHORIZED"],
    ["manifest", "GET", 403, "<html>", "DENIED"],
    ["manifest", "DELETE", 405, "", "UNSUPPORTED"],
    ["manifest", "GET", 429, words("DENIED"), "TOOMANYREQUESTS"],
    ["manifest", "GET", 500, words("UNKNOWN"), "REGISTRY_FAILED"],
    ["storage", "GET", 403, "<Error/>", "REGISTRY_FAILED"],
    ["storage", "GET", 404, "", "BLOB_UNKNOWN"],
    ["blob", "GET", 302, "", "RESPONSE_MALFORMED"],
    ["manifest", "GET", 404, words("NAME_UNKNOWN"), "NAME_UNKNOWN"],
    ["upload", "PUT", 404, words("BLOB_UPLOAD_INVALID"), "BLOB_UPLOAD_INVALID"],
    ["manifest", "PUT", 412, words("PRECONDITION", "Failed to process request due to 'app:v1' configured as immutable."), "TAG_IMMUTABLE"],
    [
      "manifest",
      "PUT",
      400,
      words("TAG_INVALID", "The image tag 'v1' already exists and cannot be overwritten because the repository is immutable."),
      "TAG_IMMUTABLE",
    ],
    ["manifest", "PUT", 400, words("ImageTagAlreadyExistsException", "the tag exists"), "TAG_IMMUTABLE"],
    ["manifest", "PUT", 405, words("DENIED", "The operation is disallowed on this registry, repository or image."), "TAG_IMMUTABLE"],
    ["manifest", "GET", 405, words("DENIED", "The operation is disallowed on this registry, repository or image."), "DENIED"],
    ["manifest", "PUT", 409, words("TAG_IMMUTABLE", "tag is immutable"), "TAG_IMMUTABLE"],
    ["manifest", "PUT", 400, '{"code":"DENIED","message":"no"}', "DENIED"],
  ] as const)("%s %s %i %s is %s", (subject, method, status, body, code) => {
    expect(errorOf(subject, method, status, body).code).toBe(code);
  });

  it.each([[{ digest: MISSING }], [MISSING], [{ Digest: MISSING, Name: "a" }]])("finds the missing digest in %j", (detail) => {
    expect(errorOf("manifest", "PUT", 400, words("MANIFEST_BLOB_UNKNOWN", "blob unknown to registry", detail)).digests).toEqual([MISSING]);
  });

  it("repeats the registry's words in one line, and neither queries nor pages", () => {
    const error = errorOf("manifest", "PUT", 403, words("DENIED", `quota\u001b[31m\r\n exceeded \u202e${"x".repeat(1_000)}`));
    expect(error.message).toMatch(/^testing: PUT \/v2\/a\/manifests\/v1 on reg.example answered 403 \(DENIED: quota \[31m exceeded x+…\)$/);
    expect(error.message.length).toBeLessThan(450);
    expect(errorOf("manifest", "PUT", 502, "<html>canary</html>", { "content-type": "text/html" }).message).not.toContain("canary");
  });

  it("makes an error of anything", () => {
    const bodies = fc.oneof(
      fc.string(),
      fc.json(),
      fc.record({ errors: fc.array(fc.jsonValue()) }).map((document) => JSON.stringify(document)),
    );
    fc.assert(
      fc.property(
        bodies,
        fc.integer({ min: 100, max: 599 }),
        (body, status) => errorOf("manifest", "GET", status, body) instanceof TransshipError,
      ),
    );
  });
});
