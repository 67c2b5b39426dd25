import { randomInt } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { RealRegistry } from "../registries/real-registry.ts";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { type ExecutionDocument, openSite, REAL_KINDS, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { TRANSSHIP, transship } from "./stage/transship.ts";

const MIB = 1024 * 1024;
/** `TRANSSHIP_LONG=1` plays the whole promise: 1 GiB and ten kills; otherwise a fifth of it. */
const LONG = process.env.TRANSSHIP_LONG === "1";
const LAYER = (LONG ? 1024 : 256) * MIB;
const KILLS = LONG ? 10 : 4;
/** What one kill may cost at the source. */
const CHUNK = 8 * MIB;

/** Blob bytes that the source sent, beyond those of the image, once it has written its log. */
async function excess(source: RealRegistry, imageBytes: number): Promise<number> {
  await sleep(500);
  return source.accessLog.blobBytesServed() - imageBytes;
}

describe.skipIf(REAL_KINDS.length === 0).each(REAL_KINDS)("a killed process loses at most a chunk (%s)", { timeout: 600_000 }, (kind) => {
  /** A site with a source that has one large layer, and a rule to bring it over. */
  async function prepare(): Promise<{ site: Site; source: RealRegistry; target: RealRegistry; imageBytes: number }> {
    const site = await openSite();
    const source = await site.registry("source", kind);
    const target = await site.registry("target", kind);
    const blobs = await pushImage(source.url, "big/app", "v1", [noise(`layer-${LAYER}`, LAYER)]);
    await site.apply(
      topology(
        instance("a", source.url, "east"),
        instance("b", target.url, "west"),
        rule("big", { instance: "a", namespace: "big" }, [{ instance: "b" }]),
      ),
    );
    source.accessLog.reset();
    return { site, source, target, imageBytes: [...blobs.values()].reduce((sum, size) => sum + size, 0) };
  }

  async function runToEnd(site: Site, disturb: (running: () => boolean) => Promise<void>): Promise<ExecutionDocument> {
    let running = true;
    const run = site.run("big", "5m").finally(() => {
      running = false;
    });
    await disturb(() => running);
    const { execution } = await run;
    expect(execution.status).toMatchObject({ state: "succeeded", failures: [] });
    return execution;
  }

  it("of an agent, at random moments", async () => {
    const { site, source, target, imageBytes } = await prepare();
    await using _ = site;
    let agent = await site.agent("west-1", "west");
    let kills = 0;

    const execution = await runToEnd(site, async (running) => {
      while (running() && kills < KILLS) {
        await sleep(randomInt(200, 900));
        if (!running()) break;
        await agent.end("SIGKILL");
        kills += 1;
        agent = await site.agent("west-1", "west");
      }
    });

    expect(kills).toBeGreaterThan(0);
    expect(await excess(source, imageBytes)).toBeLessThanOrEqual(kills * CHUNK);
    expect((await describeTag(target.url, "big/app", "v1")).digest).toBe((await describeTag(source.url, "big/app", "v1")).digest);
    expect(execution.status.bytes.resumed).toBeGreaterThan(0);
  });

  it("of the source, the target and the control plane", async () => {
    const { site, source, target, imageBytes } = await prepare();
    await using _ = site;
    await site.agent("west-1", "west");
    let kills = 0;

    await runToEnd(site, async (running) => {
      for (const victim of [target, source, "control plane", target] as const) {
        await sleep(randomInt(150, 500));
        if (!running()) break;
        kills += 1;
        if (victim === "control plane") {
          await site.controlPlane.end("SIGKILL");
          await site.restartControlPlane();
        } else {
          await victim.kill("SIGKILL");
          await sleep(200);
          await victim.restart();
        }
      }
    }).catch(async (error: unknown) => {
      // The caller's own connection may have died with the control plane; the execution goes on.
      if (!String(error).includes("CONTROL_PLANE_UNREACHABLE")) throw error;
      await untilFinished(site);
    });

    expect(kills).toBeGreaterThan(0);
    expect(await excess(source, imageBytes)).toBeLessThanOrEqual(kills * CHUNK);
    expect((await describeTag(target.url, "big/app", "v1")).digest).toBe((await describeTag(source.url, "big/app", "v1")).digest);
  });

  it("of `transship copy`, by running it again", async () => {
    const { site, source, target, imageBytes } = await prepare();
    await using _ = site;
    const args = [
      "copy",
      `${source.host}/big/app:v1`,
      `${target.host}/big/copy:v1`,
      "--checkpoint",
      site.scratch.path("copy.db"),
      "-o",
      "json",
    ];
    let kills = 0;
    for (; kills < KILLS; kills++) {
      const ended = await killedAfter(args, randomInt(400, 900));
      if (ended) break;
    }

    const { code, stdout } = await transship(args);

    expect(code).toBe(0);
    const execution = JSON.parse(stdout) as ExecutionDocument;
    expect(execution).toMatchObject({ kind: "Execution", status: { state: "succeeded" } });
    expect(kills).toBeGreaterThan(0);
    expect(await excess(source, imageBytes)).toBeLessThanOrEqual(kills * CHUNK);
    expect((await describeTag(target.url, "big/copy", "v1")).digest).toBe((await describeTag(source.url, "big/app", "v1")).digest);
  });
});

/** Starts the CLI and kills it after a while; true when it had ended by itself. */
async function killedAfter(args: readonly string[], milliseconds: number): Promise<boolean> {
  const { spawn } = await import("node:child_process");
  const child = spawn(TRANSSHIP, args, { stdio: "ignore" });
  const exited = new Promise<boolean>((done) => child.on("exit", (code) => done(code === 0)));
  await sleep(milliseconds);
  child.kill("SIGKILL");
  return exited;
}

async function untilFinished(site: Site): Promise<void> {
  for (;;) {
    const list = await site.json<{ items: ExecutionDocument[] }>("execution", "list");
    const state = list.items[0]?.status.state ?? "";
    if (["failed", "partial", "stopped"].includes(state)) throw new Error(`the execution ended as ${state}`);
    if (state === "succeeded") return;
    await sleep(300);
  }
}
