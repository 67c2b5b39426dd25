import { setTimeout as wait } from "node:timers/promises";
import { type DevRegistry, type RequestRecord, seedBlob, startDevRegistry } from "@transship/dev-registry";
import { type Digest, openRegistry, parseDigest, type Registry, type Repository } from "@transship/oci";
import { describe, expect, it } from "vitest";
import { gateRegistry } from "./gate-registry.ts";
import type { InstanceGateOptions } from "./gate-state.ts";
import { InstanceGate } from "./instance-gate.ts";

interface Stage extends AsyncDisposable {
  readonly registry: DevRegistry;
  readonly gate: InstanceGate;
  readonly repository: Repository;
  /** Another client of the same instance, behind the same gate. */
  readonly other: Repository;
}

async function setStage(options: InstanceGateOptions = {}): Promise<Stage> {
  await using opened = new AsyncDisposableStack();
  const registry = opened.use(await startDevRegistry());
  const gate = new InstanceGate(options);
  const client = (): Registry => opened.use(gateRegistry(openRegistry({ url: registry.url }), gate));
  const repository = client().repository("app");
  const other = client().repository("app");
  const everything = opened.move();
  return { registry, gate, repository, other, [Symbol.asyncDispose]: () => everything.disposeAsync() };
}

async function seed({ registry }: Stage, bytes: number): Promise<{ digest: Digest; size: number }> {
  const { digest, size } = await seedBlob(registry, "app", { size: bytes, seed: 1 });
  return { digest: parseDigest(digest), size };
}

/** A caller without any patience of its own. */
async function insist<T>(call: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await call();
    } catch (error) {
      expect(error).toMatchObject({ code: "TOOMANYREQUESTS" });
    }
  }
}

/** When the answer to a request was given, in milliseconds since the epoch. */
const answeredAt = (record: RequestRecord): number => record.startedAt.getTime() + (record.duration ?? 0);

describe("a gate before a real registry", () => {
  it("sends nothing before Retry-After has passed, whoever asks and however often", async () => {
    await using stage = await setStage({ limits: { connections: 1 } });
    const { digest } = await seed(stage, 100);
    const throttled = stage.registry.faults.add({ action: { kind: "too-many-requests", retryAfter: "1" }, after: 4, times: 2 });

    const calls = Array.from({ length: 20 }, (_, index) => {
      const repository = index % 2 === 0 ? stage.repository : stage.other;
      return insist(() => repository.hasBlob(digest));
    });
    expect(await Promise.all(calls)).toEqual(Array(20).fill(true));

    expect(throttled.fired).toBe(2);
    const log = stage.registry.stats.log.filter(({ op }) => op === "blob-head");
    expect(log).toHaveLength(22);
    const refusals = log.filter(({ status }) => status === 429);
    expect(refusals).toHaveLength(2);
    for (const refusal of refusals) {
      const next = log[log.indexOf(refusal) + 1];
      // The registry's clock and the gate's differ by what timers are rounded to.
      expect((next?.startedAt.getTime() ?? 0) - answeredAt(refusal)).toBeGreaterThanOrEqual(998);
    }
  });

  it("leaves waits of days to the scheduler, and the registry alone", async () => {
    await using stage = await setStage();
    const { digest } = await seed(stage, 100);
    const throttled = stage.registry.faults.add({ action: { kind: "too-many-requests", retryAfter: String(9 * 86_400) } });
    await expect(stage.repository.manifest("v1")).rejects.toMatchObject({ code: "TOOMANYREQUESTS" });
    expect(throttled.fired).toBe(1);
    const asked = stage.registry.stats.requests();
    const refusal = { code: "TOOMANYREQUESTS", retryAfterMs: expect.any(Number) };
    await expect(stage.other.hasBlob(digest)).rejects.toMatchObject(refusal);
    await expect(stage.repository.startUpload()).rejects.toMatchObject(refusal);
    expect(stage.registry.stats.requests()).toBe(asked);
  });

  it("has no more requests in flight than the limit", async () => {
    await using stage = await setStage({ limits: { connections: 4 } });
    const { digest } = await seed(stage, 100);
    const slow = stage.registry.faults.add({ action: { kind: "delay", milliseconds: 10 }, times: 30 });
    const calls = Array.from({ length: 30 }, () => stage.repository.hasBlob(digest));
    expect(await Promise.all(calls)).toEqual(Array(30).fill(true));
    expect(slow.fired).toBe(30);
    expect(stage.registry.stats.peakInFlight("blob-head")).toBe(4);
  });

  it("reads at the byte rate", async () => {
    await using stage = await setStage({ limits: { bytesPerSecond: 2_000_000 } });
    const { digest, size } = await seed(stage, 1_000_000);
    const started = performance.now();
    const read = await stage.repository.readBlob({ digest: digest, size }, { start: 0, end: size });
    let bytes = 0;
    for await (const chunk of read.bytes) bytes += chunk.byteLength;
    expect(bytes).toBe(size);
    // Half a second's worth, of which half may go at once.
    expect(performance.now() - started).toBeGreaterThan(240);
    expect(stage.gate.state.inFlight).toBe(0);
  });

  it("spares a registry that fails, and returns by itself when it is well again", async () => {
    // A clock that runs fifty times as fast.
    const start = performance.now();
    const now = (): number => Date.UTC(2026, 10, 21) + (performance.now() - start) * 50;
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> => wait(ms / 50, undefined, { signal });
    await using stage = await setStage({ now, sleep });
    const { digest } = await seed(stage, 100);
    const failing = stage.registry.faults.add({ action: { kind: "status", status: 502, html: true }, times: Number.POSITIVE_INFINITY });
    while (stage.gate.state.circuit === "closed") {
      await expect(stage.repository.hasBlob(digest)).rejects.toMatchObject({ code: "REGISTRY_FAILED" });
      await sleep(200);
    }
    expect(failing.fired).toBeGreaterThanOrEqual(5);
    const asked = stage.registry.stats.requests();
    const refusal = stage.other.hasBlob(digest);
    await expect(refusal).rejects.toThrow(/circuit open since 2026-11-21T.*next probe in \d s/);
    expect(stage.registry.stats.requests()).toBe(asked);

    failing.remove();
    await sleep(6_000);
    expect(await stage.repository.hasBlob(digest)).toBe(true);
    expect(stage.gate.state.circuit).toBe("closed");
  });
});
