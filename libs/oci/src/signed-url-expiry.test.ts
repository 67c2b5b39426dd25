import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { signedUrlExpiry } from "./signed-url-expiry.ts";

const AT = Date.UTC(2026, 10, 21, 9, 30, 0);

describe("the expiry of a signed URL", () => {
  it.each([
    ["S3, version 4", "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date=20261121T092000Z&X-Amz-Expires=600&X-Amz-Signature=x"],
    ["Google", "X-Goog-Date=20261121T092000Z&X-Goog-Expires=600"],
    ["OSS, version 4", "x-oss-date=20261121T092000Z&x-oss-expires=600"],
    ["S3, version 2", `AWSAccessKeyId=a&Expires=${AT / 1000}&Signature=x`],
    ["Azure", "sv=2024-11-04&se=2026-11-21T09%3A30%3A00Z&sig=x"],
    ["COS", `q-sign-algorithm=sha1&q-sign-time=${AT / 1000 - 600};${AT / 1000}&q-signature=x`],
  ])("of %s is read", (_, query) => {
    expect(signedUrlExpiry(new URL(`https://storage.example/blob?${query}`))).toBe(AT);
  });

  it("is unknown where nothing says it, or nonsense does", () => {
    for (const query of ["", "X-Amz-Expires=600", "X-Amz-Date=yesterday&X-Amz-Expires=600", "Expires=soon", "se=", "q-sign-time=1"]) {
      expect(signedUrlExpiry(new URL(`https://storage.example/blob?${query}`))).toBeUndefined();
    }
  });

  it("never throws, whatever a registry sends", () => {
    const name = fc.constantFrom("X-Amz-Date", "X-Amz-Expires", "Expires", "se", "q-sign-time", "other");
    fc.assert(
      fc.property(fc.array(fc.tuple(name, fc.string())), (parameters) => {
        const url = new URL("https://storage.example/blob");
        for (const [key, value] of parameters) url.searchParams.append(key, value);
        expect(signedUrlExpiry(url) ?? 0).not.toBeNaN();
      }),
    );
  });
});
