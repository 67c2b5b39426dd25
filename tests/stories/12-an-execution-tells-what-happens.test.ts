import { spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type DevRegistry, seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openSite, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { TRANSSHIP } from "./stage/transship.ts";

interface Line {
  readonly sequence: number;
  readonly at: string;
  readonly level: string;
  readonly source: string;
  readonly task: string | null;
  readonly artifact: string | null;
  readonly code: string | null;
  readonly message: string;
  readonly fields: Readonly<Record<string, string>>;
}

describe("an execution tells what happens", { timeout: 120_000 }, () => {
  let site: Site;
  let source: DevRegistry;
  let target: DevRegistry;
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    site = opened.use(await openSite());
    [source, target] = [opened.use(await startDevRegistry()), opened.use(await startDevRegistry())];
    for (const tag of ["v1", "v2"]) await seedImage(source, { repository: `team/${tag}`, tag, layers: [{ size: 3_000_000, seed: tag }] });
    await site.agent("west-1", "west");
    const copy = (name: string) => rule(name, { instance: "a", namespace: "team", repository: name }, [{ instance: "b", namespace: "m" }]);
    await site.apply(topology(instance("a", source.url, "east"), instance("b", target.url, "west"), copy("v1"), copy("v2")));
  }, 60_000);
  afterAll(() => opened.disposeAsync());

  it("while it runs: a retry with its cause, side and next attempt, then the steps of the attempt that succeeds, to the end", async () => {
    const fault = target.faults.add({ action: { kind: "status", status: 503 }, match: { op: "manifest-put" }, times: 5 });
    const id = await run(site, "v1");

    const { code, stdout } = await site.cli("execution", "logs", id, "-f", "-o", "json");

    expect([code, fault.fired]).toEqual([0, 5]);
    const lines = stdout
      .trim()
      .split("\n")
      .map((text) => JSON.parse(text) as Line);
    expect(lines.map(({ sequence }) => sequence)).toEqual(lines.map((_, index) => index + 1));
    const failed = lines.find(({ message }) => message.startsWith("attempt 1 failed"));
    expect(failed).toMatchObject({ level: "warn", source: "control-plane", artifact: "team/v1:v1", code: "REGISTRY_FAILED" });
    expect(failed?.message).toMatch(/^attempt 1 failed, next at \d{4}-\d\d-\d\dT[\d:.]+Z: .*\b503\b.*\(target\)$/);
    expect(failed?.fields).toMatchObject({ side: "target", attempt: "1", tried: "tried 5 times", agent: "west-1" });
    const ofAgent = lines.filter(({ source: who }) => who === "west-1").map(({ message }) => message.replace(/sha256:\w+/, "D"));
    const inOrder = [
      /^inventory of a: part 1, 1 tags$/,
      /^attempt 1 begins/,
      /^manifests read: 1/,
      /^blob D of 2.9 MiB: copied/,
      /^tried again in .*503/,
      /^attempt 2 begins/,
      /^tag v1 moved to D/,
    ];
    const places = inOrder.map((pattern) => ofAgent.findIndex((message) => pattern.test(message)));
    expect(places).not.toContain(-1);
    expect(places).toEqual(places.toSorted((a, b) => a - b));
    const begins = lines.findIndex(({ message }) => message.startsWith("attempt 2 begins"));
    expect(begins).toBeGreaterThan(failed === undefined ? lines.length : lines.indexOf(failed));
    expect(lines.at(-1)?.message).toMatch(/^succeeded: 1 of 1 tasks succeeded/);

    const warnings = await site.cli("execution", "logs", id, "--level", "warn", "--search", "ATTEMPT 1");
    expect(warnings.stdout).toMatch(/^\S+Z warn {2}control-plane \(\S+ team\/v1:v1\) attempt 1 failed, .* REGISTRY_FAILED\n$/);
    const task = await site.cli("task", "describe", failed?.task ?? "");
    expect(task.stdout).toMatch(/\nLog \(the last lines; .*\):\n(?:.*\n)*.* tag v1 moved to /);
  });

  it("while a task waits for its next attempt: what failed, where, how often, when next, what to do; who stopped it; Ctrl-C ends only the following", async () => {
    const fault = target.faults.add({ action: { kind: "too-many-requests", retryAfter: "60" }, match: { op: "manifest-put" } });
    const id = await run(site, "v2");
    const following = site.cli("execution", "logs", id, "-f");
    await until(async () => (await site.cli("task", "list", "--execution", id, "-o", "json")).stdout.includes('"retrying"'));

    const described = (await site.cli("execution", "describe", id)).stdout;

    expect(fault.fired).toBe(1);
    expect(described).toMatch(
      /\nTried again:\ntasks:\n {2}- task: +\S+\n {4}artifact: +team\/v2:v2\n {4}code: +TOOMANYREQUESTS\n {4}side: +target\n/,
    );
    for (const told of [/message: .*429/, /hint: +\S/, /attempts: +1\n/, /nextAttemptAt: +\d{4}-.*\(in /]) expect(described).toMatch(told);
    const interrupted = spawn(TRANSSHIP, ["execution", "logs", id, "-f", "--server", site.server], { stdio: ["ignore", "pipe", "ignore"] });
    interrupted.stdout.once("data", () => interrupted.kill("SIGINT"));
    expect(await once(interrupted, "exit")).toEqual([130, null]);
    await site.cli("execution", "stop", id);
    const { code, stdout } = await following;
    expect(code).toBe(0);
    expect(stdout).toMatch(
      / info {2}control-plane stopped by local\n.* info {2}control-plane stopped: 0 of 1 tasks succeeded, 1 cancelled/,
    );
  });
});

async function run(site: Site, name: string): Promise<string> {
  return (await site.json<{ metadata: { id: string } }>("rule", "run", name)).metadata.id;
}

/** Waits until something holds, at most half a minute. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not happen within half a minute");
    await sleep(200);
  }
}
