import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startAgent } from "@transship/agent";
import { connectControlPlane, fromServiceError, wire } from "@transship/api";
import { startControlPlane } from "@transship/control-plane";
import { type DevRegistry, seedImage, startDevRegistry } from "@transship/dev-registry";
import { pino } from "pino";
import { expect, it } from "vitest";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const logger = pino({ level: "silent" });

// A window is hours long: the control plane's clock is the test's. Agents, registries and everything between them run by the system's.
it("a window closes on a layer under way; when it opens, the same agent goes on from the byte", { timeout: 90_000 }, async () => {
  await using stack = new AsyncDisposableStack();
  const directory = mkdtempSync(join(tmpdir(), "window-"));
  stack.defer(() => rmSync(directory, { recursive: true, force: true }));
  const source = stack.use(await startDevRegistry());
  const target = stack.use(await startDevRegistry());
  const size = 48 * MIB;
  await seedImage(source, { repository: "team/app", tag: "v1", layers: [{ size, seed: "window" }] });

  let shift = Date.UTC(2026, 6, 1, 5, 30) - Date.now();
  const now = () => new Date(Date.now() + shift);
  const grpc = { host: "127.0.0.1", port: 0 };
  const plane = stack.use(await startControlPlane({ store: { memory: true }, grpc, insecure: true, logger, now, leaseMs: 24 * HOUR_MS }));
  const server = { address: plane.grpcAddress, insecure: true };
  const ready = Promise.withResolvers<void>();
  const dataDirectory = join(directory, "agent");
  stack.use(await startAgent({ name: "a", region: "r", server, dataDirectory, logger, onReady: ready.resolve }));
  await ready.promise;
  const client = stack.use(connectControlPlane(server));
  await new Promise<void>((done, fail) => {
    const request = { resources: resources(source, target), deletes: [], prune: false, dryRun: false };
    client.topology.apply(request, client.metadata, {}, (error) => (error === null ? done() : fail(fromServiceError(error, "applying"))));
  });
  const id = await new Promise<string>((done, fail) => {
    client.rules.runRule({ name: "nightly" }, client.metadata, {}, (error, answer) =>
      error === null ? done(answer.execution?.id ?? "") : fail(fromServiceError(error, "running")),
    );
  });
  const execution = () =>
    new Promise<wire.Execution>((done, fail) => {
      client.executions.getExecution({ id }, client.metadata, {}, (error, answer) =>
        error === null ? done(answer) : fail(fromServiceError(error, "looking")),
      );
    });
  const until = async (holds: (execution: wire.Execution) => boolean) => {
    for (const deadline = performance.now() + 30_000; performance.now() < deadline; await sleep(50)) {
      const found = await execution();
      if (holds(found)) return found;
    }
    throw new Error(`not within 30 s: ${JSON.stringify(await execution())}`);
  };

  await until(({ fetchedBytes }) => fetchedBytes > 8 * MIB);
  shift += HOUR_MS;
  const paused = await until(({ waiting, tasks }) => waiting !== "" && tasks?.running === 0);
  expect(paused.state).toBe(wire.ExecutionState.COPYING);
  expect(paused.waiting).toBe("paused until 2026-07-01T22:00:00.000Z, outside the rule's window 22:00–06:00 UTC");
  await sleep(300);
  const served = source.stats.bytesServed();
  await sleep(1_500);
  expect(source.stats.bytesServed()).toBe(served);

  shift += 16 * HOUR_MS;
  const done = await until(({ state }) => state === wire.ExecutionState.SUCCEEDED);
  expect(done.tasks).toMatchObject({ total: 1, succeeded: 1, failed: 0 });
  expect(done.bytes?.resumed).toBeGreaterThan(4 * MIB);
  expect(done.bytes?.wasted).toBeLessThan(8 * MIB);
});

function resources(source: DevRegistry, target: DevRegistry): wire.Resource[] {
  const instance = (name: string, url: string, limits?: wire.Limits): wire.Resource => {
    const endpoints = [{ url, network: "public", address: "", ca: "" }];
    return {
      kind: {
        $case: "instance",
        value: { name, labels: {}, spec: { provider: "registry", region: name, border: "", account: "", endpoints, limits } },
      },
    };
  };
  const spec: wire.RuleSpec = {
    description: "",
    source: { instance: "east", namespace: "", repository: "", tag: "" },
    targets: [{ instance: "west", namespace: "", repository: "", flatten: 0 }],
    overwrite: wire.Overwrite.ALWAYS,
    enabled: true,
    kinds: [],
    platforms: [],
    priority: 0,
    consent: [],
    window: { from: "22:00", to: "06:00", timeZone: "" },
  };
  return [
    instance("east", source.url, { bytesPerSecond: 4 * MIB, requestsPerSecond: 0, connections: 0 }),
    instance("west", target.url),
    { kind: { $case: "rule", value: { name: "nightly", labels: {}, spec } } },
  ];
}
