import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatReference, isLocalHost, parseReference, registryUrl } from "./reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("parseReference", () => {
  it.each([
    ["alpine", "docker.io", "library/alpine", undefined, undefined],
    ["alpine:3.20", "docker.io", "library/alpine", "3.20", undefined],
    ["team/app", "docker.io", "team/app", undefined, undefined],
    ["index.docker.io/alpine", "docker.io", "library/alpine", undefined, undefined],
    ["localhost/app:v1", "localhost", "app", "v1", undefined],
    ["localhost:5000/a/b:v1", "localhost:5000", "a/b", "v1", undefined],
    ["127.0.0.1:5000/app", "127.0.0.1:5000", "app", undefined, undefined],
    ["[::1]:5000/app:v1", "[::1]:5000", "app", "v1", undefined],
    ["Registry.Example/app", "registry.example", "app", undefined, undefined],
    [`reg.example/a/b/c@${DIGEST}`, "reg.example", "a/b/c", undefined, DIGEST],
    [`reg.example/app:v1@${DIGEST}`, "reg.example", "app", "v1", DIGEST],
  ])("reads %s", (text, host, repository, tag, digest) => {
    expect(parseReference(text)).toEqual({ kind: "registry", host, repository, tag, digest });
  });

  it.each([
    ["oci:dir", "dir", undefined, undefined],
    ["oci:./out/dir:v1", "./out/dir", "v1", undefined],
    ["oci:/a:b/c", "/a:b/c", undefined, undefined],
    [`oci:/a@b@${DIGEST}`, "/a@b", undefined, DIGEST],
  ])("reads the layout %s", (text, directory, tag, digest) => {
    expect(parseReference(text)).toEqual({ kind: "layout", directory, tag, digest });
  });

  it.each([
    ["https://reg.example/app", "no scheme"],
    ["reg.example/App", "lower case"],
    ["reg.example/", "empty"],
    ["reg.example//app", "empty part"],
    ["reg.example/app:", "tag is empty"],
    ["reg.example/app:-x", "starts with"],
    ["reg.example/app:v1+2", '"+"'],
    [`reg.example/app:${"x".repeat(129)}`, "129 characters"],
    ["reg.example/app@sha256:12", "64 hex digits"],
    ["reg.example:99999/app", "port 99999"],
    ["reg_example.com:5000/app", "not a host name"],
    ["user@reg.example/app", "sha256"],
    ["reg.example/a b", '" "'],
    ["reg.example/app-", "letter or digit"],
    ["oci:", "directory is missing"],
  ])("refuses %s and says why", (text, why) => {
    expect(() => parseReference(text)).toThrowError(
      expect.objectContaining({ code: "INVALID_ARGUMENT", message: expect.stringContaining(why) }),
    );
  });

  it("is undone by formatReference, isLocalHost, and throws only typed errors", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-zA-Z0-9.:/@_[\]-]{0,40}$/), (text) => {
        try {
          const reference = parseReference(text);
          expect(parseReference(formatReference(reference))).toEqual(reference);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(TransshipError);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("registryUrl", () => {
  it("knows where Docker Hub's API is, and speaks plain HTTP only on demand", () => {
    expect(registryUrl("docker.io")).toBe("https://registry-1.docker.io");
    expect(registryUrl("localhost:5000", { plainHttp: true })).toBe("http://localhost:5000");
  });
});

describe("a host of an image's name", () => {
  it.each(["localhost", "localhost:5000", "127.0.0.1:5000", "127.9.9.9", "[::1]:5000"])("%s is this machine", (host) => {
    expect(isLocalHost(host)).toBe(true);
  });

  it.each(["registry.example", "localhost.example:5000", "10.0.0.1:5000", "127.0.0.1.example", "[fd00::1]:5000"])(
    "%s is another",
    (host) => {
      expect(isLocalHost(host)).toBe(false);
    },
  );
});
