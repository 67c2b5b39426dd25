import { describe, expect, it } from "vitest";
import { signatureOf } from "./sign-body.ts";

describe("signatureOf", () => {
  // Made with `printf '%s' "$SECONDS.$BODY" | openssl dgst -sha256 -hmac "$SECRET"`; docs/operations/webhooks.md has the first of them.
  it.each([
    [
      "0123456789abcdef",
      "2026-01-02T03:04:05.678Z",
      '{"specversion":"1.0"}',
      "t=1767323045,v1=aa379a16cda744b0e5b4a17f96ae21a2dafaba53bc787f029abac00e39fd101b",
    ],
    [
      "密钥密钥密钥密钥密钥密",
      "2026-01-01T00:00:00.000Z",
      '{"名":"仓库"}',
      "t=1767225600,v1=a73c6247e93d1a832df14fc0cd16dd998a22094ce40a41d7d1a30c0a379f1987",
    ],
  ])("is what any other implementation makes of it: %s", (secret, at, body, signature) => {
    expect(signatureOf(secret, new Date(at), body)).toBe(signature);
  });
});
