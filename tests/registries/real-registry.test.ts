import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { AccessLog, parseAccessLine } from "./access-log.ts";
import { findRealRegistries, REAL_REGISTRY_USER, type RealRegistryKind, startRealRegistry } from "./real-registry.ts";
import { ask, digest, location, open, patch, pushBlob } from "./wire.ts";

const DIGEST = digest("x");

describe("the access log", () => {
  it("reads lines of the combined format and nothing else", () => {
    const line = '127.0.0.1 - - [21/Nov/2026:12:01:13 +0000] "GET /v2/a/b/tags/list?n=1 HTTP/1.1" 200 2 "" "curl/7.88.1"';
    expect(parseAccessLine(line)).toEqual({ method: "GET", target: "/v2/a/b/tags/list?n=1", status: 200, bytes: 2 });
    expect(parseAccessLine('time="2026-11-21T12:01:13Z" level=info msg="GET"')).toBeUndefined();
  });

  it("counts bytes of blobs over pieces that end anywhere", () => {
    const log = new AccessLog();
    const line = `h - - [t] "GET /v2/a/blobs/${DIGEST} HTTP/1.1" 206 100 "" ""\n`;
    for (const character of line + line) log.feed(character);
    log.feed(line.replace("GET", "HEAD"));
    expect([log.blobBytesServed(DIGEST), log.blobBytesServed(), log.requests("GET"), log.requests()]).toEqual([200, 200, 2, 3]);
  });
});

const kinds: readonly RealRegistryKind[] = ["distribution-3", "distribution-2.8"];

for (const kind of kinds) {
  const here = findRealRegistries().has(kind);
  if (!here) console.warn(`SKIPPED: ${kind} is not on this machine`);
  describe.skipIf(!here)(here ? kind : `${kind} (SKIPPED: not on this machine)`, () => {
    it("keeps blobs and upload sessions over SIGKILL, and counts what it served", { timeout: 20_000 }, async () => {
      const dir = await mkdtemp(join(tmpdir(), "real-registry-"));
      try {
        await using registry = await startRealRegistry({ kind, dir });
        const target = { url: registry.url, repository: "a/b" };
        const bytes = Buffer.alloc(50_000, "b");
        const name = await pushBlob(target, bytes);
        const half = await patch(target, await open(target), Buffer.alloc(1000, "u"));
        const { pid } = registry;
        await registry.kill("SIGKILL");
        expect(registry.pid).toBeUndefined();
        await registry.restart();
        expect(registry.pid).not.toBe(pid);
        expect((await ask(target, "GET", `blobs/${name}`)).body.equals(bytes)).toBe(true);
        await ask(target, "GET", `blobs/${name}`, { headers: { range: "bytes=0-9999" } });
        expect((await ask(target, "GET", location(target, half))).headers.get("range")).toBe("0-999");
        await expect.poll(() => registry.accessLog.blobBytesServed(name)).toBe(60_000);
        expect(registry.accessLog.requests("PATCH", /uploads/)).toBe(1);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    });

    it("lets its one user in and nobody else", { timeout: 20_000 }, async () => {
      const dir = await mkdtemp(join(tmpdir(), "real-registry-"));
      try {
        await using registry = await startRealRegistry({ kind, dir, auth: "basic" });
        const { username, password } = REAL_REGISTRY_USER;
        const as = (secret: string) =>
          ask({ url: registry.url, repository: "a" }, "GET", "/v2/", {
            headers: { authorization: `Basic ${btoa(`${username}:${secret}`)}` },
          });
        expect([(await as(password)).status, (await as("wrong")).status]).toEqual([200, 401]);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    });
  });
}
