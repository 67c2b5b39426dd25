import { type DevRegistry, type FaultAction, seedBlob, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { parseDigest } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { RedirectMemory, type Turn } from "./redirect-memory.ts";
import type { Repository } from "./repository.ts";

const SIZE = 8_000;
const EVER = Number.POSITIVE_INFINITY;

/** A registry with a login that redirects its blobs to storage which refuses credentials, with two blobs. */
async function redirecting() {
  await using opened = new AsyncDisposableStack();
  const auth = { scheme: "basic", users: [{ username: "u", password: "p" }] } as const;
  const server = opened.use(await startDevRegistry({ settings: { redirectBlobs: true }, auth }));
  const seeded = await Promise.all([1, 2].map((seed) => seedBlob(server, "a", { size: SIZE, seed })));
  const blobs = seeded.map(({ digest }) => ({ digest: parseDigest(digest), size: SIZE }));
  const registry = opened.use(openRegistry({ url: server.url, credential: { username: "u", password: "p" } }));
  const all = opened.move();
  return { server, repository: registry.repository("a"), blobs, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

async function readRange(repository: Repository, blob: Parameters<Repository["readBlob"]>[0] | undefined, part: number): Promise<number> {
  if (blob === undefined) throw new Error("there is no such blob");
  const read = await repository.readBlob(blob, { start: part * 1_000, end: part * 1_000 + 1_000 });
  return Buffer.concat(await Array.fromAsync(read.bytes)).byteLength;
}

const PARTS = [0, 1, 2, 3, 4, 5, 6, 7];
const gets = ({ stats }: DevRegistry) => [stats.requests("blob-get"), stats.requests("blob-redirected")];

describe("a redirect", () => {
  it("serves all ranges of its blob: the registry is asked once, also by ranges that begin together", async () => {
    await using place = await redirecting();
    const { server, repository, blobs } = place;
    await readRange(repository, blobs[0], 0);
    await Promise.all(PARTS.map((part) => readRange(repository, blobs[0], part)));
    expect(gets(server)).toEqual([1 + refusedLogins(server), 9]);
    server.stats.reset();
    await Promise.all(PARTS.map((part) => readRange(repository, blobs[1], part)));
    expect(gets(server)).toEqual([1, 8]);
  });

  it.each([400, 401, 403, 404])("that storage no longer takes (%i) is asked for anew, once", async (status) => {
    await using place = await redirecting();
    const { server, repository, blobs } = place;
    await readRange(repository, blobs[0], 0);
    server.stats.reset();
    const expired = server.faults.add({ action: { kind: "status", status }, match: { op: "blob-redirected" } });
    expect(await readRange(repository, blobs[0], 1)).toBe(1_000);
    expect(expired.fired).toBe(1);
    expect(gets(server)).toEqual([1, 2]);
    const refused = server.faults.add({ action: { kind: "status", status: 403 }, match: { op: "blob-redirected" }, times: EVER });
    await expect(readRange(repository, blobs[0], 2)).rejects.toThrowError();
    expect(refused.fired).toBe(2);
  });

  it.each<[string, FaultAction]>([
    ["is overloaded", { kind: "status", status: 503 }],
    ["throttles", { kind: "too-many-requests" }],
  ])("is kept where storage only %s", async (_, action) => {
    await using place = await redirecting();
    const { server, repository, blobs } = place;
    await readRange(repository, blobs[0], 0);
    server.stats.reset();
    const fault = server.faults.add({ action, match: { op: "blob-redirected" } });
    await expect(readRange(repository, blobs[0], 1)).rejects.toThrowError();
    expect(fault.fired).toBe(1);
    await readRange(repository, blobs[0], 1);
    expect(gets(server)).toEqual([0, 2]);
  });

  it("to a forbidden address is refused each time and never remembered", async () => {
    await using server = await startDevRegistry();
    const { digest } = await seedBlob(server, "a", { size: SIZE, seed: 1 });
    const away = server.faults.add({ action: { kind: "redirect", location: "http://169.254.169.254/latest" }, times: 2 });
    await using registry = openRegistry({ url: server.url });
    const blob = { digest: parseDigest(digest), size: SIZE };
    for (const part of [0, 1]) {
      await expect(readRange(registry.repository("a"), blob, part)).rejects.toThrowError(
        expect.objectContaining({ code: "REDIRECT_REFUSED" }),
      );
    }
    expect(away.fired).toBe(2);
    expect(await readRange(registry.repository("a"), blob, 2)).toBe(1_000);
  });
});

/** The first request of a client is refused: it does not know yet how to log in. */
function refusedLogins({ stats }: DevRegistry): number {
  return stats.log.filter(({ op, status }) => op === "blob-get" && status === 401).length;
}

describe("the memory of redirects", () => {
  const signed = (seconds: number) => new URL(`https://storage.example/x?X-Amz-Date=20261121T000000Z&X-Amz-Expires=${seconds}`);
  const AT = Date.UTC(2026, 10, 21);

  it("ends shortly before the signature does", async () => {
    let now = AT;
    const memory = new RedirectMemory(() => now);
    const url = signed(60);
    memory.redirected("blob", url);
    expect(await memory.find("blob")).toBe(url);
    now += 49_999;
    expect(await memory.find("blob")).toBe(url);
    now += 1;
    expect(await memory.find("blob")).not.toBeInstanceOf(URL);
  });

  it("makes readers wait for each other only where the registry is used to redirect", async () => {
    const memory = new RedirectMemory(() => AT);
    const [first] = [await turnOf(memory, "one"), await turnOf(memory, "one")];
    memory.redirected("one", signed(60));
    first[Symbol.dispose]();
    const second = await turnOf(memory, "two");
    const waiting = memory.find("two");
    const url = signed(90);
    memory.redirected("two", url);
    second[Symbol.dispose]();
    expect(await waiting).toBe(url);
    const third = await turnOf(memory, "three");
    const left = [memory.find("three"), memory.find("three")];
    memory.served();
    third[Symbol.dispose]();
    for (const found of await Promise.all(left)) expect(found).not.toBeInstanceOf(URL);
  });

  it("is bounded", async () => {
    const memory = new RedirectMemory(() => AT);
    for (let blob = 0; blob < 1_000; blob++) memory.redirected(`blob ${blob}`, signed(600));
    expect(await memory.find("blob 0")).not.toBeInstanceOf(URL);
    expect(await memory.find("blob 999")).toBeInstanceOf(URL);
  });
});

async function turnOf(memory: RedirectMemory, blob: string): Promise<Turn> {
  const found = await memory.find(blob);
  if (found instanceof URL) throw new Error("the address is known");
  return found;
}
