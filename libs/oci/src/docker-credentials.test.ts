import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { askCredentialHelper } from "./credential-helper.ts";
import { normaliseKey, parseDockerConfig } from "./docker-config.ts";
import { loadDockerCredentials } from "./docker-credentials.ts";

let homeDir: string;
const auth = (username: string, password: string) => ({ auth: Buffer.from(`${username}:${password}`).toString("base64") });

beforeEach(async () => {
  homeDir = await mkdtemp(join(tmpdir(), "docker-credentials-"));
});
afterEach(() => rm(homeDir, { recursive: true, force: true }));

async function write(path: string, document: unknown): Promise<void> {
  const file = join(homeDir, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, typeof document === "string" ? document : JSON.stringify(document));
}

async function helper(name: string, script: string): Promise<Record<string, string | undefined>> {
  const bin = join(homeDir, "bin");
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, `docker-credential-${name}`), `#!/bin/sh\n${script}\n`);
  await chmod(join(bin, `docker-credential-${name}`), 0o755);
  return { PATH: `${bin}:/usr/bin:/bin` };
}

describe("loadDockerCredentials", () => {
  it("finds nothing where there are no files", async () => {
    expect(await (await loadDockerCredentials({ env: {}, homeDir })).find("reg.example")).toBeUndefined();
  });

  it("takes the longest prefix, in each of the forms that docker writes", async () => {
    await write(".docker/config.json", {
      auths: {
        "https://index.docker.io/v1/": auth("hub", "p:with:colons"),
        "reg.example": { username: "host", password: "p" },
        "reg.example/team": auth("team", "p"),
        "reg.example/team/app": auth("app", "p"),
        "https://token.example": { identitytoken: "refresh" },
        "empty.example": {},
      },
    });
    const { find } = await loadDockerCredentials({ env: {}, homeDir });
    for (const host of ["docker.io", "index.docker.io", "registry-1.docker.io"])
      expect(await find(host)).toEqual({ username: "hub", password: "p:with:colons" });
    expect(await find("reg.example")).toMatchObject({ username: "host" });
    expect(await find("reg.example", "team/other")).toMatchObject({ username: "team" });
    expect(await find("reg.example", "team/app")).toMatchObject({ username: "app" });
    expect(await find("reg.example", "teammate/app")).toMatchObject({ username: "host" });
    expect(await find("token.example")).toEqual({ identityToken: "refresh" });
    expect(await find("empty.example")).toBeUndefined();
    expect(await find("reg.example:5000")).toBeUndefined();
  });

  it("looks into DOCKER_AUTH_CONFIG, DOCKER_CONFIG and podman's file, in this order", async () => {
    const inline = JSON.stringify({ auths: { "a.example": auth("inline", "p") } });
    await write("elsewhere/config.json", { auths: { "a.example": auth("file", "p"), "b.example": auth("file", "p") } });
    await write(".docker/config.json", { auths: { "c.example": auth("not read", "p") } });
    await write("run/containers/auth.json", { auths: { "b.example": auth("podman", "p"), "c.example": auth("podman", "p") } });
    const env = { DOCKER_AUTH_CONFIG: inline, DOCKER_CONFIG: join(homeDir, "elsewhere"), XDG_RUNTIME_DIR: join(homeDir, "run") };
    const { find } = await loadDockerCredentials({ env, homeDir });
    expect(await find("a.example")).toMatchObject({ username: "inline" });
    expect(await find("b.example")).toMatchObject({ username: "file" });
    expect(await find("c.example")).toMatchObject({ username: "podman" });
  });

  it("asks helpers: a registry's own first, the general one otherwise, by the name that docker uses", async () => {
    const env = await helper("own", `echo "{\\"Username\\":\\"own\\",\\"Secret\\":\\"$(cat)\\"}"`);
    await helper("all", `echo "{\\"Username\\":\\"<token>\\",\\"Secret\\":\\"$(cat)\\"}"`);
    await write(".docker/config.json", { credsStore: "all", credHelpers: { "own.example": "own" } });
    const { find } = await loadDockerCredentials({ env, homeDir });
    expect(await find("own.example")).toEqual({ username: "own", password: "own.example" });
    expect(await find("other.example")).toEqual({ identityToken: "other.example" });
    expect(await find("docker.io")).toEqual({ identityToken: "https://index.docker.io/v1/" });
  });

  it("says which file is broken and shows none of it", async () => {
    for (const text of ["{canary", "[]", '{"auths":{"a":{"auth":"Y2FuYXJ5"}}}', '{"auths":{"a":"canary"}}']) {
      await write(".docker/config.json", text);
      const failure = await loadDockerCredentials({ env: {}, homeDir }).catch((thrown: unknown) => thrown);
      expect(failure).toMatchObject({ code: "CREDENTIAL_UNAVAILABLE", message: expect.stringContaining("config.json") });
      expect(String(failure)).not.toContain("canary");
    }
  });
});

describe("askCredentialHelper", () => {
  it.each([
    ["has no login", 'echo "credentials not found in native keychain"; exit 1', undefined],
    ["fails", "echo canary-secret; exit 3", "ended with 3"],
    ["talks nonsense", "echo canary-secret", "not JSON"],
    ["hangs", "exec sleep 30", "no answer within"],
  ])("copes with one that %s", async (_, script, why) => {
    const env = await helper("x", script);
    const asked = askCredentialHelper("x", "reg.example", { env, timeoutMs: 400 });
    if (why === undefined) return expect(await asked).toBeUndefined();
    const failure = await asked.catch((thrown: unknown) => thrown);
    expect(failure).toMatchObject({ code: "CREDENTIAL_UNAVAILABLE", message: expect.stringContaining(why) });
    expect(String(failure)).not.toContain("canary-secret");
  });

  it("is not fooled into running something else", async () => {
    for (const name of ["../evil", "x; touch y", ""])
      await expect(askCredentialHelper(name, "a", { env: {} })).rejects.toThrowError("no name of a helper");
    await expect(askCredentialHelper("missing", "a", { env: { PATH: homeDir } })).rejects.toThrowError("not on PATH");
  });
});

describe("parseDockerConfig", () => {
  it("throws only typed errors", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.json(),
          fc.record({ auths: fc.dictionary(fc.string(), fc.jsonValue()) }).map((document) => JSON.stringify(document)),
        ),
        (text) => {
          try {
            parseDockerConfig(text, "file");
          } catch (thrown) {
            expect(thrown).toBeInstanceOf(TransshipError);
          }
        },
      ),
    );
  });

  it.each([
    ["https://index.docker.io/v1/", "docker.io"],
    ["http://Reg.Example/v2/", "reg.example"],
    ["reg.example:5000/a/b/", "reg.example:5000/a/b"],
  ])("normalises %s", (key, expected) => {
    expect(normaliseKey(key)).toBe(expected);
  });
});
