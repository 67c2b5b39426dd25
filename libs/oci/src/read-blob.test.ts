import { type FaultAction, seedBlob, startDevRegistry } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestOf, parseDigest } from "./digest.ts";
import { openRegistry } from "./open-registry.ts";
import { collect, serve } from "./test-server.ts";

const SIZE = 400_000;

async function reading(action: FaultAction | undefined, range = { start: 0, end: SIZE }) {
  await using server = await startDevRegistry();
  const { digest } = await seedBlob(server, "a", { size: SIZE, seed: 1 });
  const fault = action === undefined ? undefined : server.faults.add({ action });
  await using registry = openRegistry({ url: server.url, timeouts: { bodyIdleMs: 1_000, headersMs: 1_000 } });
  let received = 0;
  try {
    const read = await registry.repository("a").readBlob({ digest: parseDigest(digest), size: SIZE }, range);
    for await (const chunk of read.bytes) received += chunk.byteLength;
    return { read, received, fired: fault?.fired, code: undefined, failure: undefined };
  } catch (thrown) {
    const failure = thrown as Error & { code: string; retryAfterMs?: number };
    return { read: undefined, received, fired: fault?.fired, code: failure.code, failure };
  }
}

describe("readBlob", () => {
  it("reads all of it, and closed ranges", async () => {
    expect(await reading(undefined)).toMatchObject({ received: SIZE, read: { start: 0, totalSize: SIZE } });
    expect(await reading(undefined, { start: 100, end: 101 })).toMatchObject({ received: 1, read: { start: 100, totalSize: SIZE } });
  });

  it("says that it starts at 0 where the range is ignored", async () => {
    expect(await reading({ kind: "ignore-range" }, { start: 100, end: 200 })).toMatchObject({
      received: SIZE,
      read: { start: 0 },
      fired: 1,
    });
  });

  it("reads everything where ranges are refused", async () => {
    const seen: (string | undefined)[] = [];
    await using server = await serve((request, response) => {
      seen.push(request.headers.range);
      response.writeHead(request.headers.range === undefined ? 200 : 416, {
        "content-length": request.headers.range === undefined ? 10 : 0,
      });
      response.end(request.headers.range === undefined ? "0123456789" : undefined);
    });
    await using registry = openRegistry({ url: server.url });
    const blob = { digest: digestOf(Buffer.from("0123456789")), size: 10 };
    const read = await registry.repository("a").readBlob(blob, { start: 4, end: 6 });
    expect([read.start, read.end, Buffer.from(await collect(read.bytes)).toString()]).toEqual([0, 10, "0123456789"]);
    expect(seen).toEqual(["bytes=4-5", undefined]);
  });

  it.each([
    ["a reset", { kind: "cut-after", bytes: 150_000 }, "CONNECTION_FAILED"],
    ["an early end", { kind: "truncate-after", bytes: 150_000 }, "CONNECTION_FAILED"],
    ["a stall", { kind: "stall-after", bytes: 150_000 }, "TIMED_OUT"],
  ] as const)("keeps what came before %s", async (_, action, code) => {
    const { received, ...rest } = await reading(action);
    expect(rest).toMatchObject({ code, fired: 1 });
    expect(received).toBeGreaterThan(0);
    expect(received).toBeLessThanOrEqual(150_000);
  });

  it.each([
    ["a longer body", { kind: "overlong", bytes: 10, announced: true }, undefined, "SIZE_MISMATCH"],
    ["a Content-Range of somewhere else", { kind: "lying-content-range", shift: 7 }, { start: 100, end: 200 }, "RESPONSE_MALFORMED"],
    ["no answer", { kind: "delay", milliseconds: 5_000 }, undefined, "TIMED_OUT"],
    ["a proxy's page", { kind: "status", status: 502, html: true }, undefined, "REGISTRY_FAILED"],
    ["throttling", { kind: "too-many-requests", retryAfter: "7" }, undefined, "TOOMANYREQUESTS"],
  ] as const)("refuses %s", async (_, action, range, code) => {
    const { failure, ...rest } = await reading(action, range);
    expect(rest).toMatchObject({ code, fired: 1, received: 0 });
    expect(failure?.message).not.toMatch(/<html/i);
    if (code === "TOOMANYREQUESTS") expect(failure?.retryAfterMs).toBe(7_000);
  });

  it("follows redirects to storage that refuses credentials", async () => {
    await using server = await startDevRegistry({
      settings: { redirectBlobs: true },
      auth: { scheme: "basic", users: [{ username: "u", password: "p" }] },
    });
    const { digest } = await seedBlob(server, "a", { size: 10, seed: 1 });
    await using registry = openRegistry({ url: server.url, credential: { username: "u", password: "p" } });
    const read = await registry.repository("a").readBlob({ digest: parseDigest(digest), size: 10 }, { start: 0, end: 10 });
    expect(digestOf(await collect(read.bytes))).toBe(digest);
    expect(server.stats.requests("blob-redirected")).toBe(1);
  });

  it("refuses content encodings and bodies of another size than the manifest's", async () => {
    for (const [headers, code] of [
      [{ "content-encoding": "gzip" }, "RESPONSE_MALFORMED"],
      [{ "content-length": "11" }, "SIZE_MISMATCH"],
    ] as const) {
      await using server = await serve((_, response) => {
        response.writeHead(200, headers);
        response.end("hello world");
      });
      await using registry = openRegistry({ url: server.url });
      const blob = { digest: digestOf(Buffer.from("x")), size: 5 };
      await expect(registry.repository("a").readBlob(blob, { start: 0, end: 5 })).rejects.toThrowError(expect.objectContaining({ code }));
    }
  });

  it("notices a body without a length that ends early", async () => {
    await using server = await serve((_, response) => {
      response.writeHead(200);
      response.write("hell");
      response.end();
    });
    await using registry = openRegistry({ url: server.url });
    const read = await registry.repository("a").readBlob({ digest: digestOf(Buffer.from("x")), size: 5 }, { start: 0, end: 5 });
    await expect(collect(read.bytes)).rejects.toThrowError(
      expect.objectContaining({ code: "CONNECTION_FAILED", message: expect.stringContaining("4 of 5") }),
    );
  });

  it("frees the connection of a read that is left early", async () => {
    await using server = await startDevRegistry();
    const { digest } = await seedBlob(server, "a", { size: 50_000_000, seed: 1, synthetic: true });
    await using registry = openRegistry({ url: server.url, connections: 1 });
    const blob = { digest: parseDigest(digest), size: 50_000_000 };
    for (let round = 0; round < 3; round += 1) {
      const read = await registry.repository("a").readBlob(blob, { start: 0, end: blob.size });
      for await (const _ of read.bytes) break;
    }
    expect(await registry.repository("a").hasBlob(blob.digest)).toBe(true);
  });
});
