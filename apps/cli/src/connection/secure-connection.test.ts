import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addressIn, ChildCommand } from "../local/demo/child-command.ts";
import { TEST_PEM_FILES } from "../testing/test-pem-files.ts";

const SCRIPT = resolve(import.meta.dirname, "../../bin/transship");
const opened = new AsyncDisposableStack();

let directory = "";
let env: NodeJS.ProcessEnv = {};
/** Addresses of a control plane with TLS, and of one that demands client certificates as well. */
let tls = "";
let mutual = "";

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-tls-"));
  for (const [name, pem] of Object.entries(TEST_PEM_FILES)) await writeFile(file(name), pem, { mode: 0o600 });
  await writeFile(file("wrong.token"), "tsu_wrong\n");
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("TRANSSHIP_"));
  env = { ...Object.fromEntries(others), XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
  [tls, mutual] = await Promise.all([serve("tls"), serve("mutual", "--tls-ca", file("ca.crt"))]);
}, 30_000);

afterAll(async () => {
  await opened.disposeAsync();
  await rm(directory, { recursive: true });
});

function file(name: string): string {
  return join(directory, name);
}

async function serve(name: string, ...more: string[]): Promise<string> {
  const pair = ["--tls-cert", file("server.crt"), "--tls-key", file("server.key")];
  const ports = ["--grpc", "127.0.0.1:0", "--http", "127.0.0.1:0", "--log-level", "warn"];
  const server = opened.use(new ChildCommand(["control-plane", "start", "--data-dir", file(name), ...pair, ...ports, ...more], env));
  return addressIn(await server.ready(new AbortController().signal), "grpc");
}

async function transship(args: readonly string[], extra: NodeJS.ProcessEnv = {}) {
  const child = spawn(SCRIPT, args, { env: { ...env, ...extra }, stdio: ["ignore", "pipe", "pipe"] });
  const [stdout, stderr, [status]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { status: status as number | null, stdout, stderr };
}

const CLIENT = () => ["--tls-cert", file("client.crt"), "--tls-key", file("client.key")];
const CA = () => ["--tls-ca", file("ca.crt")];
const admin = (name: string) => ["--token-file", join(file(name), "admin.token")];

describe("a control plane with TLS", { timeout: 30_000 }, () => {
  it("is used with its CA and a token, by flags, variables or a context", async () => {
    const flags = ["--server", tls, ...CA(), ...admin("tls")];
    expect(await transship([...flags, "rule", "list"])).toMatchObject({ status: 0, stderr: "no rules\n" });
    const variables = {
      TRANSSHIP_SERVER: tls,
      TRANSSHIP_TLS_CA: file("ca.crt"),
      TRANSSHIP_TOKEN_FILE: join(file("tls"), "admin.token"),
    };
    expect(await transship(["rule", "list"], variables)).toMatchObject({ status: 0 });
  });

  it.each([
    ["a wrong token", () => ["--server", tls, ...CA(), "--token-file", file("wrong.token")], 4, /UNAUTHENTICATED/],
    ["no CA", () => ["--server", tls, ...admin("tls")], 6, /signed by a CA that is not known here · .*--tls-ca/],
    ["neither CA nor token", () => ["--server", tls], 6, /it speaks TLS, and was called without · .*--tls-ca/],
    [
      "a key without its certificate",
      () => ["--server", tls, "--tls-key", file("client.key")],
      2,
      /--tls-key: is given without --tls-cert/,
    ],
    [
      "a key of another certificate",
      () => ["--server", tls, "--tls-cert", file("client.crt"), "--tls-key", file("server.key")],
      2,
      /belong together/,
    ],
  ])("with %s: exit code and what to do", async (_, args, status, message) => {
    const run = await transship(["rule", "list", ...args()]);
    expect(run).toMatchObject({ status, stdout: "" });
    expect(run.stderr).toMatch(message);
  });

  it("refuses half a certificate for itself", async () => {
    const run = await transship(["control-plane", "start", "--data-dir", file("half"), "--tls-cert", file("server.crt")]);
    expect(run).toMatchObject({ status: 2, stderr: expect.stringContaining("--tls-cert: is given without --tls-key") });
  });
});

describe("a control plane that demands client certificates", { timeout: 30_000 }, () => {
  it("takes one that its CA signed, also from a context", async () => {
    const access = ["--server", mutual, ...CA(), ...CLIENT(), ...admin("mutual")];
    expect(await transship([...access, "rule", "list"])).toMatchObject({ status: 0 });
    expect(await transship(["context", "add", "mutual", ...access])).toMatchObject({ status: 0 });
    expect(await transship(["--context", "context/mutual", "rule", "list"])).toMatchObject({ status: 0 });
  });

  it("refuses none, and one that its CA did not sign", async () => {
    const access = ["rule", "list", "--server", mutual, ...CA(), ...admin("mutual")];
    const none = await transship(access);
    expect([none.status, none.stderr]).toEqual([6, expect.stringMatching(/it demands a client certificate · .*--tls-cert/)]);
    const stranger = await transship([...access, "--tls-cert", file("stranger.crt"), "--tls-key", file("stranger.key")]);
    expect([stranger.status, stranger.stderr]).toEqual([6, expect.stringContaining("does not accept the client certificate")]);
  });

  it("takes an agent with a certificate and a token of its own", async () => {
    const token = await transship([
      "agent",
      "token",
      "create",
      "--name",
      "a1",
      "--server",
      mutual,
      ...CA(),
      ...CLIENT(),
      ...admin("mutual"),
    ]);
    await writeFile(file("a1.token"), token.stdout);
    const place = ["--name", "a1", "--region", "here", "--control-plane", mutual, "--data-dir", file("a1"), "--log-level", "warn"];
    const args = ["agent", "start", ...place, ...CA(), "--token-file", file("a1.token")];
    await using agent = new ChildCommand([...args, ...CLIENT()], env);
    expect(await agent.ready(new AbortController().signal)).toBe(`ready agent a1 control-plane=${mutual}`);
    await agent.kill();

    const bare = spawn(SCRIPT, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    let said = "";
    for await (const chunk of bare.stderr) {
      said += String(chunk);
      if (said.includes("control plane away")) break;
    }
    bare.kill("SIGKILL");
    expect(said).toContain("it demands a client certificate");
  });
});
