import { describe, expect, it } from "vitest";
import { UrlGuard } from "./url-guard.ts";

function guard(origin = "https://reg.example.com", reached = "8.8.8.8", allowed: string[] = []): UrlGuard {
  const made = new UrlGuard(new URL(origin), allowed);
  made.reached(reached);
  return made;
}
const refusal = expect.objectContaining({ code: "REDIRECT_REFUSED" });

describe("checkRealm (S1)", () => {
  it.each(["https://reg.example.com/token", "https://auth.example.com/token", "https://reg.example.com:8443/token"])(
    "trusts %s",
    (realm) => {
      expect(() => guard().checkRealm(new URL(realm), "realm")).not.toThrow();
    },
  );

  it.each([
    ["realm-to-other-domain", "https://auth.evil.com/token"],
    ["realm-to-other-domain with the same suffix", "https://notexample.com/token"],
    ["realm-http-downgrade", "http://auth.example.com/token"],
    ["realm-169.254.169.254", "https://169.254.169.254/token"],
    ["realm-0.0.0.0", "https://0.0.0.0/token"],
    ["realm in another notation of an address", "https://2130706433/token"],
    ["realm with a user name", "https://reg.example.com@evil.com/token"],
    ["realm of another scheme", "ftp://reg.example.com/token"],
  ])("refuses %s", (_, realm) => {
    expect(() => guard().checkRealm(new URL(realm), "realm")).toThrowError(refusal);
  });

  it("keeps customers of one cloud apart (private section of the public suffix list)", () => {
    expect(() => guard("https://a.github.io").checkRealm(new URL("https://b.github.io/token"), "realm")).toThrowError(refusal);
  });

  it("trusts another domain that the operator listed", () => {
    expect(() => guard(undefined, undefined, ["*.evil.com"]).checkRealm(new URL("https://auth.evil.com/token"), "realm")).not.toThrow();
  });
});

describe("checkRedirect (S3)", () => {
  it("lets storage be anywhere public", () => {
    expect(() => guard().checkRedirect(new URL("https://bucket.storage.example.org/x"), "redirect")).not.toThrow();
  });

  it("allows private storage beside a private registry, and refuses it to a public one", () => {
    const storage = new URL("https://10.0.0.9:9000/x");
    expect(() => guard("https://10.0.0.7", "10.0.0.7").checkRedirect(storage, "redirect")).not.toThrow();
    expect(() => guard("https://10.0.0.7", "10.0.0.7").checkRedirect(new URL("https://127.0.0.1/x"), "redirect")).toThrowError(refusal);
    expect(() => guard().checkRedirect(storage, "redirect")).toThrowError(refusal);
    expect(() => guard(undefined, undefined, ["10.0.0.9:9000"]).checkRedirect(storage, "redirect")).not.toThrow();
    expect(() => guard(undefined, undefined, ["10.0.0.9:9001"]).checkRedirect(storage, "redirect")).toThrowError(refusal);
  });

  it("never allows metadata services, even when listed", () => {
    const metadata = new URL("https://169.254.169.254/latest");
    expect(() => guard("https://10.0.0.7", "10.0.0.7", ["169.254.169.254"]).checkRedirect(metadata, "redirect")).toThrowError(refusal);
  });
});

describe("checkUpload (S4) and checkNextPage (S5)", () => {
  it("stay at the own origin", () => {
    const own = new URL("https://reg.example.com/v2/x");
    expect(() => guard().checkUpload(own, "upload")).not.toThrow();
    expect(() => guard().checkNextPage(own, "next")).not.toThrow();
    for (const other of [
      "https://uploads.example.com/x",
      "http://reg.example.com/x",
      "https://reg.example.com:444/x",
      "https://10.0.0.1/x",
    ]) {
      expect(() => guard().checkUpload(new URL(other), "upload")).toThrowError(refusal);
      expect(() => guard().checkNextPage(new URL(other), "next")).toThrowError(refusal);
    }
    expect(() =>
      guard(undefined, undefined, ["uploads.example.com"]).checkUpload(new URL("https://uploads.example.com/x"), "upload"),
    ).not.toThrow();
  });
});
