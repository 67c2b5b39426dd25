import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readdir } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { scratchDirectory } from "./stage/scratch.ts";
import { TRANSSHIP } from "./stage/transship.ts";

/** `transship demo` as a user starts it, with everything that it says and the processes that it says it started. */
class Demo {
  said = "";
  readonly exited: Promise<[code: number | null, signal: string | null]>;
  readonly #child;

  /** @param directory its home and temporary directory, so that what it leaves behind is seen */
  constructor(directory: string) {
    const env = {
      ...process.env,
      NO_COLOR: "1",
      TMPDIR: directory,
      HOME: directory,
      XDG_STATE_HOME: directory,
      XDG_CONFIG_HOME: directory,
    };
    this.#child = spawn(TRANSSHIP, ["demo"], { env, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream.setEncoding("utf8").on("data", (text: string) => (this.said += text));
    this.exited = once(this.#child, "exit") as Promise<[number | null, string | null]>;
  }

  interrupt(): void {
    this.#child.kill("SIGINT");
  }

  async untilSaid(words: RegExp): Promise<void> {
    const deadline = performance.now() + 60_000;
    while (!words.test(this.said)) {
      if (performance.now() > deadline || this.#child.exitCode !== null) throw new Error(`it never said ${words}:\n${this.said}`);
      await sleep(20);
    }
  }

  /** The agents' process ids. */
  pids(): number[] {
    return [...this.said.matchAll(/pid (\d+)/g)].map(([, pid]) => Number(pid));
  }

  /** The addresses of registries and control plane. */
  addresses(): string[] {
    return [...new Set(this.said.match(/127\.0\.0\.1:\d+/g))];
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function answers(address: string): Promise<boolean> {
  return await fetch(`http://${address}/`).then(
    () => true,
    () => false,
  );
}

/** Nothing runs, listens or lies about any more. */
async function expectNothingLeft(demo: Demo, directory: string): Promise<void> {
  expect(demo.pids().length).toBeGreaterThanOrEqual(2);
  expect(demo.pids().filter(isRunning)).toEqual([]);
  const addresses = demo.addresses();
  expect(addresses.length).toBeGreaterThanOrEqual(4);
  for (const address of addresses) expect({ address, answers: await answers(address) }).toEqual({ address, answers: false });
  expect((await readdir(directory)).filter((name) => name.startsWith("transship"))).toEqual([]);
}

describe("two commands show the main job", { timeout: 120_000 }, () => {
  it("demo: a kill, a resume, equal digests, in under a minute, and nothing is left", async () => {
    await using scratch = await scratchDirectory();
    const directory = scratch.path("home");
    await mkdir(directory);
    const begun = performance.now();
    const demo = new Demo(directory);

    const [code] = await demo.exited;

    expect({ code, said: demo.said }).toMatchObject({ code: 0 });
    expect(performance.now() - begun).toBeLessThan(60_000);
    expect(demo.said).toMatch(/kill -9 of agent-sg/);
    expect(demo.said).toMatch(/agent-sg started again, pid \d+/);
    expect(demo.said).toMatch(/resumed [1-9][\d.]* [KM]iB after the kill/);
    const compared = demo.said.match(/^ +\S+ +\S+ +sha256:\w+ +(?:equal|DIFFERENT)$/gm) ?? [];
    expect(compared.length).toBeGreaterThanOrEqual(4);
    for (const line of compared) expect(line).toMatch(/ equal$/);
    await expectNothingLeft(demo, directory);
  });

  it("demo, interrupted in the middle: exit 130, and nothing is left", async () => {
    await using scratch = await scratchDirectory();
    const directory = scratch.path("home");
    await mkdir(directory);
    const demo = new Demo(directory);
    await demo.untilSaid(/copying · .* of /);

    demo.interrupt();
    const [code] = await demo.exited;

    expect({ code, said: demo.said }).toMatchObject({ code: 130 });
    expect(demo.said).toContain("INTERRUPTED");
    await expectNothingLeft(demo, directory);
  });
});
