import { TransshipError } from "@transship/errors";
import { parseDigest, type Registry } from "@transship/oci";
import { describe, expect, it } from "vitest";
import { gateRegistry } from "./gate-registry.ts";
import { InstanceGate } from "./instance-gate.ts";
import type { GateLimits } from "./limits.ts";
import { settle, TestClock } from "./test-clock.ts";
import { type Behaviour, refused, testRepository, testUpload, tooManyRequests } from "./test-repository.ts";

const DIGEST = parseDigest(`sha256:${"0".repeat(64)}`);
const BLOB = { digest: DIGEST, size: 300 };
const WHOLE = { start: 0, end: 300 };

function stage(behaviour: Behaviour, limits: GateLimits = {}) {
  const clock = new TestClock();
  const gate = new InstanceGate({ limits, now: clock.now, sleep: clock.sleep, random: () => 0 });
  const registry = {
    origin: "https://registry.test",
    ping: async () => undefined,
    catalog: () => pagesOf(["a"], ["b"]),
    repository: () => testRepository(behaviour),
    [Symbol.asyncDispose]: async () => undefined,
  } satisfies Registry;
  const gated = gateRegistry(registry, gate);
  return { clock, gate, gated, repository: gated.repository("app") };
}

async function* pagesOf(...pages: readonly (readonly string[])[]): AsyncGenerator<readonly string[]> {
  yield* pages;
}

async function* chunksOf(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

async function count(bytes: AsyncIterable<Uint8Array>): Promise<number> {
  let read = 0;
  for await (const chunk of bytes) read += chunk.byteLength;
  return read;
}

const blobRead: NonNullable<Behaviour["readBlob"]> = async () => ({ ...WHOLE, totalSize: 300, bytes: chunksOf(100, 100, 100) });

describe("reading a blob", () => {
  it("keeps its place until the last byte", async () => {
    const { repository, gate } = stage({ readBlob: blobRead });
    const read = await repository.readBlob(BLOB, WHOLE);
    expect(read).toMatchObject({ ...WHOLE, totalSize: 300 });
    expect(gate.state.inFlight).toBe(1);
    expect(await count(read.bytes)).toBe(300);
    expect(gate.state.inFlight).toBe(0);
  });

  it.each(["broken off", "aborted unread", "failed before the headers"])("gives its place back when it is %s", async (end) => {
    const controller = new AbortController();
    const fails = end === "failed before the headers";
    const { repository, gate } = stage({ readBlob: fails ? () => Promise.reject(refused()) : blobRead });
    const reading = repository.readBlob(BLOB, WHOLE, { signal: controller.signal });
    if (fails) await expect(reading).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
    else {
      const read = await reading;
      expect(gate.state.inFlight).toBe(1);
      if (end === "broken off") for await (const _ of read.bytes) break;
      else controller.abort();
    }
    expect(gate.state.inFlight).toBe(0);
  });

  it("goes at the byte rate, uploads included", async () => {
    const taken: number[] = [];
    const upload = testUpload((bytes) => taken.push(bytes.byteLength));
    const { repository, clock, gate } = stage({ readBlob: blobRead, startUpload: async () => upload }, { bytesPerSecond: 100 });
    const start = clock.now();
    const ends: number[] = [];
    const opened = await repository.startUpload();
    const read = await repository.readBlob(BLOB, WHOLE);
    void count(read.bytes).then(() => ends.push(clock.now() - start));
    void opened.append(chunksOf(200), 200).then(() => ends.push(clock.now() - start));
    await clock.advance(10_000);
    // 500 bytes at 100 a second, of which 25 may go at once.
    expect(ends.at(-1)).toBe(4_750);
    expect(taken.reduce((sum, bytes) => sum + bytes, 0)).toBe(200);
    expect(gate.state).toMatchObject({ inFlight: 0, waiting: 0 });
    expect(gate.state.throttledMs).toBeGreaterThan(4_750);
  });
});

describe("uploading", () => {
  it.each([1, 2, 3])("ends a copy within one instance that allows %i connections", async (connections) => {
    let arrived = 0;
    const upload = () => testUpload((bytes) => (arrived += bytes.byteLength));
    const { repository, gate } = stage({ readBlob: blobRead, startUpload: async () => upload() }, { connections });
    await Promise.all(
      Array.from({ length: 5 }, async () => {
        const opened = await repository.startUpload();
        const body = (async function* () {
          yield* (await repository.readBlob(BLOB, WHOLE)).bytes;
        })();
        await opened.commit(DIGEST, { bytes: body, length: 300 });
      }),
    );
    expect(arrived).toBe(1_500);
    expect(gate.state.inFlight).toBe(0);
  });

  it("does not blame the target for a source that fails", async () => {
    const upload = testUpload(() => undefined);
    const { repository, gate, clock } = stage({ startUpload: async () => upload });
    const opened = await repository.startUpload();
    for (let failure = 0; failure < 8; failure++) {
      const body = (async function* (): AsyncGenerator<Uint8Array> {
        yield new Uint8Array(1);
        throw tooManyRequests(60_000);
      })();
      await expect(opened.append(body, 2)).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
      await clock.advance(500);
    }
    expect(gate.state).toMatchObject({ circuit: "closed", concurrency: 64, inFlight: 0 });
    expect(gate.shut).toBe(false);
  });

  it("counts a connection that cannot be made, but not one that is cut in mid-body", async () => {
    const cut = { ...testUpload(() => undefined) };
    let reads = true;
    cut.append = async (bytes) => {
      if (reads) for await (const _ of bytes) break;
      throw refused();
    };
    const { repository, gate, clock } = stage({ startUpload: async () => cut });
    const opened = await repository.startUpload();
    const fail = async (): Promise<void> => {
      for (let failure = 0; failure < 5; failure++) {
        await expect(opened.append(chunksOf(2), 2)).rejects.toMatchObject({ code: "CONNECTION_FAILED" });
        await clock.advance(300);
      }
    };
    await fail();
    expect(gate.state.circuit).toBe("closed");
    reads = false;
    await fail();
    expect(gate.state.circuit).toBe("open");
  });

  it("closes the source of an upload that the gate refuses", async () => {
    let closed = 0;
    const source: AsyncIterable<Uint8Array> = {
      [Symbol.asyncIterator]: () => ({
        next: () => Promise.reject(new Error("read")),
        return: async () => {
          closed += 1;
          return { done: true, value: undefined };
        },
      }),
    };
    const { repository, gate } = stage({
      startUpload: async () => testUpload(() => undefined),
      hasBlob: () => Promise.reject(tooManyRequests(60_000)),
    });
    const opened = await repository.startUpload();
    await expect(repository.hasBlob(DIGEST)).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
    await expect(opened.append(source, 1)).rejects.toMatchObject({ code: "TOOMANYREQUESTS", retryAfterMs: 60_000 });
    expect(closed).toBe(1);
    await opened.cancel();
    expect(gate.state.inFlight).toBe(0);
  });

  it("does not wait to drop a session while the registry wants a pause", async () => {
    const { repository, gate, clock } = stage({
      startUpload: async () => testUpload(() => undefined),
      hasBlob: () => Promise.reject(tooManyRequests(10_000)),
    });
    const opened = await repository.startUpload();
    await expect(repository.hasBlob(DIGEST)).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
    await opened.cancel();
    expect([gate.shut, clock.timers]).toEqual([true, 0]);
  });

  it("gates uploads that were mounted or resumed, too", async () => {
    const { repository, gate } = stage({
      mountBlob: async (_digest, from) => (from === "other" ? true : testUpload(() => undefined)),
      resumeUpload: async ({ location }) => (location === "lost" ? undefined : testUpload(() => undefined)),
    });
    expect(await repository.mountBlob(DIGEST, "other")).toBe(true);
    expect(await repository.resumeUpload({ location: "lost" })).toBeUndefined();
    for (const upload of [await repository.mountBlob(DIGEST, "empty"), await repository.resumeUpload({ location: "kept" })]) {
      if (upload === undefined || upload === true) throw new Error("no upload");
      const bytes = (async function* (): AsyncGenerator<Uint8Array> {
        expect(gate.state.inFlight).toBe(1);
        yield new Uint8Array(1);
      })();
      expect(await upload.append(bytes, 1)).toBe(1);
    }
  });
});

describe("lists", () => {
  it("count a request for each page and none for the end", async () => {
    const { repository, gated, clock } = stage({ tags: () => pagesOf(["v1"], ["v2"], ["v3"]) }, { requestsPerSecond: 1 });
    const start = clock.now();
    const read = (async () => {
      const tags: string[] = [];
      for await (const page of repository.tags()) tags.push(...page);
      for await (const page of gated.catalog()) tags.push(...page);
      return { tags, ms: clock.now() - start };
    })();
    await clock.advance(20_000);
    const { tags, ms } = await read;
    expect(tags).toEqual(["v1", "v2", "v3", "a", "b"]);
    // The first of five pages goes at once; whoever asks for a page that is not there waits for it nevertheless.
    expect(ms).toBe(5_000);
  });

  it("fail with the registry's error, and give their place back", async () => {
    const failure = new TransshipError("NAME_UNKNOWN", { what: "listing", why: "404" });
    const tags = async function* (): AsyncGenerator<readonly string[]> {
      yield ["v1"];
      throw failure;
    };
    const { repository, gate } = stage({ tags });
    const read = async (): Promise<void> => {
      for await (const page of repository.tags()) expect(page).toEqual(["v1"]);
    };
    await expect(read()).rejects.toBe(failure);
    await settle();
    expect(gate.state.inFlight).toBe(0);
  });
});

describe("an upload in one request", () => {
  it("waits for its bytes' turn, and hands the upload that was opened instead on behind the gate", async () => {
    const taken: number[] = [];
    const { repository, clock, gate } = stage(
      {
        postBlob: async (_digest, bytes) => {
          taken.push(bytes.byteLength);
          return testUpload(() => undefined);
        },
      },
      { bytesPerSecond: 100 },
    );
    await repository.postBlob(DIGEST, new Uint8Array(25));
    const second = repository.postBlob(DIGEST, new Uint8Array(20));
    await settle();
    expect(taken).toEqual([25]);
    await clock.advance(250);
    const opened = await second;
    expect(taken).toEqual([25, 20]);
    if (opened === true || opened === undefined) throw new Error("no session");
    const commit = opened.commit(DIGEST);
    expect(gate.state.inFlight).toBe(1);
    await commit;
  });
});
