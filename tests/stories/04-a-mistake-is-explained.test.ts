import { execFileSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type DevRegistry, seedArtifact, seedImage, startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExecutionDocument, openSite, type Site } from "./stage/site.ts";
import { instance, rule, topology } from "./stage/topology.ts";
import { start, transship } from "./stage/transship.ts";

/** What the CLI says of a mistake: exit code, and words that must be in its message. */
interface Mistake {
  readonly name: string;
  readonly args: (site: Site) => readonly string[];
  readonly exit: number;
  readonly says: readonly (string | RegExp)[];
}

const MISTAKES: readonly Mistake[] = [
  { name: "a rule that is not there", args: () => ["rule", "run", "nope"], exit: 3, says: ["rule nope", "NOT_FOUND"] },
  { name: "an instance that is not there", args: () => ["instance", "test", "nope"], exit: 3, says: ["instance nope", "NOT_FOUND"] },
  { name: "a command that is not there", args: () => ["frobnicate"], exit: 2, says: ["frobnicate", "--help"] },
  {
    name: "a repository that is not there",
    args: () => ["rule", "run", "missing", "--wait"],
    exit: 1,
    says: [/nowhere\/nothing/, "NAME_UNKNOWN", "source"],
  },
  {
    name: "a wrong password",
    args: () => ["rule", "run", "wrong-password", "--wait"],
    exit: 1,
    says: ["UNAUTHORIZED", "mallory", "source"],
  },
  { name: "a target that is read-only", args: () => ["rule", "run", "read-only", "--wait"], exit: 1, says: ["DENIED", "target"] },
  {
    name: "a manifest that is malformed",
    args: () => ["rule", "run", "malformed", "--wait"],
    exit: 1,
    says: ["MANIFEST_INVALID", "source"],
  },
  { name: "an instance that a rule needs", args: () => ["delete", "instance", "a"], exit: 5, says: ["rule", "CONFLICT"] },
  {
    name: "a port in use",
    args: (site) => ["control-plane", "start", "--data-dir", site.scratch.path("other"), "--insecure", "--grpc", site.server],
    exit: 5,
    says: ["PORT_IN_USE"],
  },
  {
    name: "a data directory in use",
    args: (site) => ["control-plane", "start", "--data-dir", site.scratch.path("control-plane"), "--insecure", "--grpc", "127.0.0.1:0"],
    exit: 5,
    says: ["DATA_DIR_IN_USE"],
  },
  {
    name: "plain gRPC beyond loopback",
    args: (site) => ["control-plane", "start", "--data-dir", site.scratch.path("other"), "--insecure", "--grpc", "0.0.0.0:0"],
    exit: 2,
    says: ["loopback"],
  },
  {
    name: "a control plane that is not there",
    args: () => ["rule", "list", "--server", "127.0.0.1:1"],
    exit: 6,
    says: ["CONTROL_PLANE_UNREACHABLE"],
  },
  { name: "an image reference that cannot be", args: () => ["copy", "localhost/BAD:v1", "localhost/x:v1"], exit: 2, says: ["lower case"] },
];

const FILES: readonly {
  readonly name: string;
  readonly yaml: string;
  readonly exit: number;
  readonly says: readonly (string | RegExp)[];
}[] = [
  { name: "YAML that cannot be read", yaml: "a: [b\nc: d\n", exit: 2, says: [/bad\.yaml:2/] },
  {
    name: "a typo in a key",
    yaml: "apiVersion: transship/v1\nkind: Rule\nmetadata: {name: r}\nspec:\n  descripton: x\n  source: {instance: a}\n  targets: [{instance: b}]\n",
    exit: 2,
    says: ["bad.yaml:5", "descripton", "description"],
  },
  {
    name: "a pattern that is not RE2",
    yaml: topology(rule("r", { instance: "a", repository: "(?=x)" }, [{ instance: "b" }])),
    exit: 2,
    says: ["(?=x)", /bad\.yaml:\d+/],
  },
  {
    name: "a rule onto itself",
    yaml: topology(rule("r", { instance: "a", namespace: "x" }, [{ instance: "a" }])),
    exit: 2,
    says: ["onto itself"],
  },
  {
    name: "a reference to nothing",
    yaml: topology(rule("r", { instance: "aa" }, [{ instance: "b" }])),
    exit: 3,
    says: ["aa", "did you mean a"],
  },
  {
    name: "a password in the file",
    yaml: topology(instance("z", "http://127.0.0.1:1", "x", { credential: { username: "u", password: "p" } })),
    exit: 2,
    says: ["passwordFrom"],
  },
  {
    name: "a password that is nowhere",
    yaml: topology(instance("z", "http://127.0.0.1:1", "x", { credential: { username: "u", passwordFrom: { env: "NOT_SET_ANYWHERE" } } })),
    exit: 2,
    says: ["NOT_SET_ANYWHERE", /bad\.yaml:\d+/],
  },
  {
    name: "a provider that is not supported",
    yaml: topology({
      apiVersion: "transship/v1",
      kind: "Instance",
      metadata: { name: "z" },
      spec: { provider: "tcrr", region: "x", endpoints: [{ url: "http://h" }] },
    }),
    exit: 2,
    says: ["provider", "registry"],
  },
];

/** Whether this process may mount a small disk of its own: root on Linux, outside of most containers. */
const CAN_MOUNT = process.getuid?.() === 0 && mountWorks();
if (!CAN_MOUNT) console.warn("no right to mount a small disk: the story of a full disk is skipped");

function mountWorks(): boolean {
  try {
    execFileSync("unshare", ["--mount", "mount", "-t", "tmpfs", "none", "/mnt"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

async function smallDisk(path: string, size: string): Promise<AsyncDisposable & { readonly path: string }> {
  await mkdir(path, { recursive: true });
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "none", path]);
  return { path, [Symbol.asyncDispose]: async () => void execFileSync("umount", [path]) };
}

describe("a mistake is explained", { timeout: 120_000 }, () => {
  let site: Site;
  let source: DevRegistry;
  const opened = new AsyncDisposableStack();

  beforeAll(async () => {
    site = opened.use(await openSite());
    source = opened.use(await startDevRegistry());
    const guarded = opened.use(await startDevRegistry({ auth: { scheme: "basic", users: [{ username: "mallory", password: "right" }] } }));
    const target = opened.use(await startDevRegistry());
    const readOnly = opened.use(await startDevRegistry());
    readOnly.faults.add({ action: { kind: "read-only" }, times: Number.POSITIVE_INFINITY });
    await seedImage(source, { repository: "team/app", tag: "v1", layers: [{ size: 100, seed: 1 }] });
    await seedArtifact(source, {
      repository: "broken/app",
      tag: "v1",
      mediaType: "application/vnd.oci.image.manifest.v1+json",
      manifest: '{"schemaVersion":2}',
    });
    await site.agent("agent-1", "west");
    const wrong = { credential: { username: "mallory", passwordFrom: { file: "./password" } } };
    await writeFile(site.scratch.path("password"), "wrong");
    await site.apply(
      topology(
        instance("a", source.url, "east"),
        instance("b", target.url, "west"),
        instance("guarded", guarded.url, "east", wrong),
        instance("sealed", readOnly.url, "west"),
        rule("missing", { instance: "a", namespace: "nowhere", repository: "nothing" }, [{ instance: "b" }]),
        rule("wrong-password", { instance: "guarded", namespace: "x", repository: "y" }, [{ instance: "b" }]),
        rule("read-only", { instance: "a", namespace: "team" }, [{ instance: "sealed" }]),
        rule("malformed", { instance: "a", namespace: "broken" }, [{ instance: "b" }]),
      ),
    );
  });
  afterAll(() => opened.disposeAsync());

  it.each(MISTAKES)("$name → exit $exit", async ({ args, exit, says }) => {
    const { code, stdout, stderr } = await site.cli(...args(site));
    expect({ code, stderr }).toMatchObject({ code: exit });
    for (const words of says) expect(stdout + stderr).toMatch(words instanceof RegExp ? words : new RegExp(quoted(words)));
    expect(stdout + stderr).not.toContain("wrong\n");
  });

  it.each(FILES)("$name → exit $exit, and nothing is applied", async ({ yaml, exit, says }) => {
    await writeFile(
      site.scratch.path("bad.yaml"),
      `${topology(instance("would-be-new", "http://127.0.0.1:1", "x"))}---\n${yaml}`.replace(
        /^[\s\S]*---\n(?=a: \[b|apiVersion: transship\/v1\nkind: Rule\nmetadata: \{name: r\}\nspec:\n {2}descripton)/,
        "",
      ),
    );
    const { code, stdout, stderr } = await site.cli("apply", "-f", site.scratch.path("bad.yaml"));
    expect({ code, stderr }).toMatchObject({ code: exit });
    for (const words of says) expect(stdout + stderr).toMatch(words instanceof RegExp ? words : new RegExp(quoted(words)));
    expect((await site.cli("instance", "get", "would-be-new")).code).toBe(3);
  });

  it("as an object on stderr with -o json", async () => {
    const { code, stdout, stderr } = await site.cli("rule", "get", "nope", "-o", "json");
    expect(code).toBe(3);
    expect(stdout).toBe("");
    expect(JSON.parse(stderr)).toMatchObject({ apiVersion: "transship/v1", kind: "Error", code: "NOT_FOUND" });
  });

  it("a data directory of a newer version", async () => {
    const directory = site.scratch.path("newer");
    const first = await start([
      "control-plane",
      "start",
      "--data-dir",
      directory,
      "--insecure",
      "--grpc",
      "127.0.0.1:0",
      "--http",
      "127.0.0.1:0",
    ]);
    expect(await first.end("SIGTERM")).toBe(0);
    const database = new DatabaseSync(join(directory, "control-plane.db"));
    database.exec("insert into kysely_migration (name, timestamp) values ('9999-from-the-future', '2099-01-01T00:00:00.000Z')");
    database.close();

    const { code, stderr } = await site.cli("control-plane", "start", "--data-dir", directory, "--insecure", "--grpc", "127.0.0.1:0");

    expect(code).toBe(1);
    expect(stderr).toContain("DATA_DIR_TOO_NEW");
    expect(stderr).toContain("9999-from-the-future");
  });

  it.skipIf(!CAN_MOUNT)("a full disk at the agent", async () => {
    await using small = await smallDisk(site.scratch.path("small"), "8m");
    const image = await seedImage(source, { repository: "large/app", tag: "v1", layers: [{ size: 40 * 1024 * 1024, seed: "large" }] });
    const args = [
      "copy",
      `${source.host}/large/app:v1`,
      `oci:${site.scratch.path("enough")}`,
      "--checkpoint",
      join(small.path, "c.db"),
      "-o",
      "json",
    ];

    const { code, stdout } = await transship(args);

    expect(code).toBe(1);
    const execution = JSON.parse(stdout) as ExecutionDocument;
    expect(execution.status).toMatchObject({ state: "failed", failures: [{ code: "DISK_FULL" }] });
    expect(execution.status.failures[0]?.hint).toContain("Free space");
    expect(image.size).toBeGreaterThan(8 * 1024 * 1024);
  });

  it("with its side, in the failures of an execution: a digest that does not match", async () => {
    const image = await seedImage(source, { repository: "rotten/app", tag: "v1", layers: [{ size: 50_000, seed: "rotten" }] });
    const layer = image.blobs.find((blob) => blob.size === 50_000)?.digest ?? "";
    const rot = source.faults.add({
      action: { kind: "flip-bit", offset: 7 },
      match: { op: "blob-get", path: new RegExp(layer) },
      times: Number.POSITIVE_INFINITY,
    });
    const { code, stdout } = await transship([
      "copy",
      `${source.host}/rotten/app:v1`,
      `oci:${site.scratch.path("layout")}`,
      "--checkpoint",
      site.scratch.path("c.db"),
      "-o",
      "json",
    ]);
    rot.remove();
    expect(rot.fired).toBeGreaterThan(0);
    expect(code).toBe(1);
    const execution = JSON.parse(stdout) as ExecutionDocument;
    expect(execution.status).toMatchObject({
      state: "failed",
      failures: [{ code: "DIGEST_MISMATCH", side: "source", artifact: "rotten/app:v1" }],
    });
    expect(execution.status.failures[0]?.hint).not.toBe("");
  });
});

function quoted(words: string): string {
  return words.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
