import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { type DevRegistry, seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressIn, ChildCommand } from "./demo/child-command.ts";

const SCRIPT = resolve(import.meta.dirname, "../../bin/transship");

let directory = "";
let source: DevRegistry;
let target: DevRegistry;
let up: ChildCommand;
let env: NodeJS.ProcessEnv = {};

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-cli-"));
  [source, target] = await Promise.all([startDevRegistry({}), startDevRegistry({})]);
  for (const tag of ["v1", "v2"]) await seedImage(source, { repository: "team0/app", tag, layers: [{ size: 10_000, seed: tag }] });
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("TRANSSHIP_"));
  env = { ...Object.fromEntries(others), XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
  up = new ChildCommand(
    ["up", "--data-dir", join(directory, "up"), "--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warn"],
    env,
  );
  env.TRANSSHIP_SERVER = addressIn(await up.ready(new AbortController().signal), "grpc");
  await writeFile(join(directory, "topology.yaml"), topology());
}, 30_000);

afterAll(async () => {
  await up[Symbol.asyncDispose]();
  await Promise.all([source[Symbol.asyncDispose](), target[Symbol.asyncDispose]()]);
  await rm(directory, { recursive: true });
});

function topology(): string {
  const instance = (name: string, url: string) =>
    `apiVersion: transship/v1\nkind: Instance\nmetadata: {name: ${name}}\nspec: {region: here, endpoints: [{url: "${url}"}]}\n---\n`;
  const rule =
    "apiVersion: transship/v1\nkind: Rule\nmetadata: {name: mirror}\nspec: {source: {instance: src, namespace: team0}, targets: [{instance: dst, namespace: mirror}]}\n";
  return instance("src", source.url) + instance("dst", target.url) + rule;
}

async function transship(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const child = spawn(SCRIPT, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit") as Promise<[number]>]);
  return { status, stdout, stderr };
}

describe("a control plane and an agent", { timeout: 60_000 }, () => {
  it("apply, diff and list", async () => {
    const file = join(directory, "topology.yaml");
    expect(await transship("diff", "-f", file)).toMatchObject({
      status: 8,
      stdout: expect.stringContaining("+ rule/mirror created (dry run)"),
    });
    expect(await transship("apply", "-f", file)).toMatchObject({
      status: 0,
      stdout: "+ instance/src created\n+ instance/dst created\n+ rule/mirror created\n",
    });
    expect(await transship("diff", "-f", file)).toMatchObject({ status: 0, stdout: "" });
    expect(await transship("instances", "list", "-o", "name")).toMatchObject({ stdout: "instance/dst\ninstance/src\n" });
    const { stdout } = await transship("rule", "get", "mirror", "-o", "json");
    expect(JSON.parse(stdout)).toMatchObject({
      kind: "Rule",
      spec: { source: { instance: "src", namespace: "team0" }, enabled: true },
      status: { lastExecution: null },
    });
    expect(await transship("instance", "test", "src")).toMatchObject({ status: 0, stdout: expect.stringContaining("ok") });
  });

  it("plan, run, and run again", async () => {
    const plan = JSON.parse((await transship("plan", "rule", "mirror", "-o", "json")).stdout);
    expect(plan).toMatchObject({ kind: "Plan", status: { counts: { copy: 2, skip: 0, delete: 0, unchanged: 0 } } });
    expect(plan.status.items[0]).toMatchObject({
      artifact: "team0/app:v1",
      target: "dst/mirror/app:v1",
      action: "copy",
      reason: "missing",
    });
    const first = await transship("rule", "run", "mirror", "--wait", "-o", "json");
    expect(first.status).toBe(0);
    expect(first.stderr).toMatch(/mirror: succeeded in .* 2 copied, 0 unchanged/);
    expect(JSON.parse(first.stdout)).toMatchObject({
      apiVersion: "transship/v1",
      kind: "Execution",
      metadata: { rule: "mirror" },
      status: {
        state: "succeeded",
        trigger: "manual",
        tasks: { total: 2, succeeded: 2, failed: 0, skipped: 0, cancelled: 0 },
        unchanged: 0,
        failures: [],
      },
    });
    const second = await transship("rule", "run", "mirror", "--wait", "-o", "json");
    expect(JSON.parse(second.stdout)).toMatchObject({
      status: { state: "succeeded", tasks: { total: 0 }, unchanged: 2, bytes: { copied: 0 } },
    });
    const list = JSON.parse((await transship("executions", "list", "-o", "json")).stdout);
    expect([list.kind, list.items.length]).toEqual(["List", 2]);
    expect(await transship("task", "list")).toMatchObject({ stdout: expect.stringContaining("src/team0/app:v1") });
  });

  it("says what is not there, what is in the way and what failed", async () => {
    expect(await transship("rule", "get", "nope")).toMatchObject({ status: 3, stderr: expect.stringContaining("NOT_FOUND") });
    expect(await transship("delete", "instance", "src")).toMatchObject({ status: 5, stderr: expect.stringContaining("mirror") });
    expect(await transship("rule", "disable", "mirror")).toMatchObject({ status: 0 });
    expect(await transship("rule", "run", "mirror")).toMatchObject({ status: 5 });
    expect(await transship("rule", "enable", "mirror")).toMatchObject({ status: 0 });
    const wrong = join(directory, "wrong.yaml");
    await writeFile(wrong, topology().replace("instance: dst", "instance: dts"));
    const { status, stderr } = await transship("apply", "-f", wrong);
    expect([status, stderr]).toEqual([
      3,
      expect.stringContaining(`${wrong}:14:62: spec.targets[0].instance: there is no instance dts; did you mean dst?`),
    ]);
  });

  it("a part that fails makes it partial, exit 7, and names the reason", async () => {
    await seedImage(source, { repository: "team0/app", tag: "v3", layers: [{ size: 10_000, seed: "v3" }] });
    await seedImage(source, { repository: "team0/other", tag: "v1", layers: [{ size: 10_000, seed: "o" }] });
    target.faults.add({ action: { kind: "read-only" }, match: { path: /mirror\/other/ }, times: Number.POSITIVE_INFINITY });
    const { status, stdout, stderr } = await transship("rule", "run", "mirror", "--wait", "-o", "json");
    expect(status).toBe(7);
    expect(JSON.parse(stdout).status).toMatchObject({
      state: "partial",
      failures: [{ artifact: "team0/other:v1", code: "DENIED", side: "target" }],
    });
    expect(stderr).toContain("team0/other:v1");
  });

  it("prints the log of an execution, for people and for programs, as far as somebody reads", async () => {
    const [newest] = JSON.parse((await transship("execution", "list", "-o", "json")).stdout).items;
    const { id } = newest.metadata;
    const shown = await transship("execution", "logs", `execution/${id}`);
    expect(shown.stdout).toMatch(/^\S+Z info {2}control-plane manual run of rule mirror opened\n/);
    const lines = (await transship("execution", "logs", id, "--tail", "2", "-o", "json")).stdout.trim().split("\n");
    expect(lines.map((text) => JSON.parse(text)).at(-1)).toMatchObject({ execution: id, task: null, source: "control-plane", code: null });
    expect(lines).toHaveLength(2);
    const headed = spawn("sh", ["-c", `"${SCRIPT}" execution logs ${id} | head -n 1`], { env, stdio: ["ignore", "pipe", "pipe"] });
    expect([await text(headed.stdout), await text(headed.stderr)]).toEqual([`${shown.stdout.split("\n")[0]}\n`, ""]);
    expect(await transship("execution", "logs", "absent")).toMatchObject({ status: 3, stderr: expect.stringContaining("NOT_FOUND") });
  });

  it("stops waiting at its time limit or on Ctrl-C, and the work goes on", async () => {
    await seedImage(source, { repository: "team0/app", tag: "v4", layers: [{ size: 400_000, seed: "v4" }] });
    const slow = source.faults.add({ action: { kind: "slow", bytesPerSecond: 40_000 }, times: Number.POSITIVE_INFINITY });
    const limited = await transship("rule", "run", "mirror", "--wait", "--timeout", "500ms");
    expect([limited.status, limited.stderr]).toEqual([6, expect.stringContaining("WAIT_TIMED_OUT")]);
    const child = spawn(SCRIPT, ["rule", "run", "mirror", "--wait"], { env, stdio: ["ignore", "ignore", "pipe"] });
    const said: string[] = [];
    child.stderr.on("data", (chunk: Buffer) => {
      said.push(String(chunk));
      if (said.join("").includes("mirror: ") && !child.killed) child.kill("SIGINT");
    });
    const [code] = (await once(child, "exit")) as [number];
    expect([code, said.join("")]).toEqual([130, expect.stringContaining("The work goes on in the background")]);
    expect(slow.fired).toBeGreaterThan(0);
    const running = JSON.parse((await transship("execution", "list", "-o", "json")).stdout).items.filter(
      (item: { status: { state: string } }) => item.status.state === "copying",
    );
    expect(running).toHaveLength(1);
    expect(await transship("execution", "stop", running[0].metadata.id, "-o", "name")).toMatchObject({ status: 0 });
    slow.remove();
  });
});

describe("without a server", { timeout: 60_000 }, () => {
  it("copy brings all tags, then nothing, and says when there is nothing to find", async () => {
    const names = [`${source.host}/team0/app`, `${target.host}/copied/app`] as const;
    const first = await transship("copy", ...names, "-o", "json");
    expect([first.status, JSON.parse(first.stdout)]).toMatchObject([0, { kind: "Execution", status: { state: "succeeded" } }]);
    const second = JSON.parse((await transship("copy", ...names, "-o", "json")).stdout);
    expect(second.status).toMatchObject({ tasks: { total: 0 }, bytes: { copied: 0 } });
    const missing = await transship("copy", `${source.host}/team0/app:nope`, names[1]);
    expect([missing.status, missing.stderr]).toEqual([3, expect.stringContaining("MANIFEST_UNKNOWN")]);
  });

  it("sync runs a topology and a regsync file", async () => {
    const file = join(directory, "sync.yaml");
    await writeFile(
      file,
      topology()
        .replace("namespace: mirror", "namespace: synced")
        .replace("namespace: team0", "namespace: team0, repository: app, tag: v1"),
    );
    const synced = await transship("sync", "-f", file, "-o", "json");
    expect([synced.status, JSON.parse(synced.stdout).status]).toMatchObject([0, { state: "succeeded", tasks: { succeeded: 1 } }]);
    const regsync = join(directory, "regsync.yml");
    await writeFile(
      regsync,
      `version: 1\nsync:\n  - {source: "${source.host}/team0/app", target: "${target.host}/rs/app", type: repository, tags: {deny: ["v[34]"]}, schedule: "* * * * *"}\n`,
    );
    const again = await transship("sync", "-f", regsync, "-o", "json");
    expect([again.status, JSON.parse(again.stdout).status.tasks.succeeded]).toEqual([0, 2]);
    expect(again.stderr).toContain("sync[0].schedule");
  });
});
