import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { describe as describeTag, noise, pushImage } from "./stage/seed.ts";
import { type ExecutionDocument, openSite, REAL_KINDS } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";

const MIB = 1024 * 1024;

describe.skipIf(REAL_KINDS.length === 0)("work goes on", { timeout: 240_000 }, () => {
  it("at another agent when a machine dies for good, without copying what the target has", async () => {
    await using site = await openSite({ lease: "6s" });
    const source = await site.registry("source");
    const target = await site.registry("target");
    const layers = [noise("small-1", 2 * MIB), noise("small-2", 3 * MIB), noise("large", 192 * MIB)];
    const blobs = await pushImage(source.url, "team/app", "v1", layers);
    await site.apply(
      topology(instance("a", source.url, "east"), instance("b", target.url, "west"), rule("copy", { instance: "a" }, [{ instance: "b" }])),
    );
    const first = await site.agent("west-1", "west");
    const running = site.run("copy");
    const present = async () => {
      const answers = [...blobs.keys()].map(async (digest) =>
        (await fetch(`${target.url}/v2/team/app/blobs/${digest}`, { method: "HEAD" })).ok ? digest : [],
      );
      return new Set((await Promise.all(answers)).flat());
    };
    await untilSome(async () => (await present()).size > 0);
    await first.end("SIGKILL");
    const there = await present();
    await sleep(300);
    source.accessLog.reset();

    await site.agent("west-2", "west");
    const { code, execution } = await running;

    expect(code).toBe(0);
    expect(execution.status.state).toBe("succeeded");
    expect(there.size).toBeGreaterThan(0);
    for (const digest of there) expect(source.accessLog.blobBytesServed(digest)).toBe(0);
    expect((await describeTag(target.url, "team/app", "v1")).digest).toBe((await describeTag(source.url, "team/app", "v1")).digest);
  });

  it("while the control plane is away, and is reported afterwards, once", async () => {
    await using site = await openSite();
    const source = await site.registry("source");
    const target = await site.registry("target");
    const tags = ["v1", "v2", "v3", "v4"];
    for (const tag of tags) await pushImage(source.url, "team/app", tag, [noise(`away-${tag}`, 40 * MIB)]);
    await site.agent("west-1", "west", ["--slots", "4"]);
    await site.apply(
      topology(instance("a", source.url, "east"), instance("b", target.url, "west"), rule("copy", { instance: "a" }, [{ instance: "b" }])),
    );
    await site.cli("rule", "run", "copy");
    await untilSome(async () => (await taskStates(site)).filter((state) => state === "copying").length === tags.length);
    await site.controlPlane.end("SIGKILL");

    await untilSome(async () =>
      (await Promise.allSettled(tags.map((tag) => describeTag(target.url, "team/app", tag)))).every(({ status }) => status === "fulfilled"),
    );
    await sleep(1_000);
    source.accessLog.reset();
    await site.restartControlPlane();
    const execution = await untilFinal(() => site.json<{ items: ExecutionDocument[] }>("execution", "list"));

    expect(execution.status).toMatchObject({ state: "succeeded", tasks: { total: tags.length, succeeded: tags.length } });
    expect(source.accessLog.requests(undefined, /\/blobs\//)).toBe(0);
    expect(source.accessLog.requests("GET", /\/manifests\//)).toBe(0);
  });
});

async function taskStates(site: { json<T>(...args: string[]): Promise<T> }): Promise<string[]> {
  const list = await site.json<{ items: { status: { state: string } }[] }>("task", "list");
  return list.items.map((task) => task.status.state);
}

async function untilFinal(list: () => Promise<{ items: ExecutionDocument[] }>): Promise<ExecutionDocument> {
  for (;;) {
    const execution = (await list()).items[0];
    if (execution !== undefined && ["succeeded", "failed", "partial", "stopped"].includes(execution.status.state)) return execution;
    await sleep(200);
  }
}

/** Waits until something holds, at most a minute. */
async function untilSome(holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error("it did not happen within a minute");
    await sleep(50);
  }
}
