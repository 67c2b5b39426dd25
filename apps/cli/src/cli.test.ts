import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMANDS } from "./command-table.ts";

const SCRIPT = resolve(import.meta.dirname, "../bin/transship");
const ENTRY = resolve(import.meta.dirname, "../bin/transship.js");

let directory = "";
let env: NodeJS.ProcessEnv = {};
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "transship-cli-"));
  const others = Object.entries(process.env).filter(([name]) => !name.startsWith("TRANSSHIP_"));
  env = { ...Object.fromEntries(others), XDG_CONFIG_HOME: directory, XDG_STATE_HOME: directory };
});
afterAll(() => rmSync(directory, { recursive: true }));

function transship(args: readonly string[], extra: NodeJS.ProcessEnv = {}, input = "") {
  const { status, stdout, stderr } = spawnSync(SCRIPT, args, { encoding: "utf8", env: { ...env, ...extra }, input });
  return { status, stdout, stderr };
}

describe("the entry", () => {
  it("finds its own Node through links, whatever Node is first on PATH", () => {
    const bin = join(directory, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "node"), "#!/bin/sh\nexit 99\n");
    chmodSync(join(bin, "node"), 0o755);
    symlinkSync(SCRIPT, join(bin, "transship"));
    const run = spawnSync("transship", ["--version"], { encoding: "utf8", env: { ...env, PATH: `${bin}:${process.env.PATH}` } });
    expect([run.status, run.stdout]).toEqual([0, "0.1.0\n"]);
  });

  it("says in one line that Node is too old, before any TypeScript is read", () => {
    const older = 'data:text/javascript,Object.defineProperty(process,"versions",{value:{node:"20.19.0"}})';
    const run = spawnSync(process.execPath, ["--import", older, ENTRY, "--help"], { encoding: "utf8", env });
    expect([run.status, run.stdout]).toEqual([1, ""]);
    expect(run.stderr).toMatch(/^starting transship: this is Node 20\.19\.0.*NODE_TOO_OLD\n$/);
  });
});

describe("help", () => {
  it("is printed for no arguments, and shows examples and variables of a command", () => {
    const bare = transship([]);
    expect([bare.status, bare.stdout.startsWith("Usage: transship")]).toEqual([0, true]);
    const run = transship(["rules", "run", "--help"]);
    expect(run.status).toBe(0);
    for (const words of ["TRANSSHIP_TIMEOUT", "Examples:", "transship rule run gz-to-sg --wait"]) expect(run.stdout).toContain(words);
  });

  it("is there for every command, with options that each have one long name", () => {
    for (const { words, options } of COMMANDS) {
      const names = (options ?? []).map((option) => option.flags);
      expect(new Set(names).size, words).toBe(names.length);
    }
  });
});

describe("exit code 2", () => {
  it.each([
    [["ruel"], /unknown command 'ruel'.*Did you mean rule/],
    [["rule", "lst"], /unknown command 'lst'.*See `transship rule --help`/],
    [["rule", "list", "--outptu", "json"], /unknown option '--outptu'.*Did you mean --output/],
    [["--server", "h:1", "rule", "lst"], /unknown command 'lst'.*See `transship rule --help`/],
    [["--server", "h:1", "copy", "a", "b"], /unknown option '--server'.*See `transship copy --help`/],
    [["rule", "get", "task/x1.2"], /task\/x1\.2: is of kind task, and rule is wanted/],
    [["delete", "instance", "rule/r1"], /is of kind rule, and instance is wanted/],
    [["task", "list", "--execution", "task/x1.2"], /execution is wanted/],
    [["rule", "list", "-o", "xml"], /--output: "xml" is not one of: table, wide, json, yaml, name/],
    [["rule", "run"], /missing required argument 'name'.*See `transship rule run --help`/],
    [["--output=xml", "rule", "list"], /--output: "xml" is not one of/],
    [["agent", "start", "--name", "a"], /--region: is required.*TRANSSHIP_REGION/],
    [["copy", "UPPER/x:y", "b"], /image reference/],
    [["copy", "localhost:1/a", "localhost:1/b:tag"], /all tags of a repository cannot become one tag/],
    [["copy", "localhost:1/a:1", "localhost:1/a"], /it is the source itself/],
    [["dev-registry", "--fault", "cut-off=1"], /there is no fault "cut-off"/],
    [["delete", "widget", "x"], /kind widget: must be one of: instance, rule/],
    [["completion", "tcsh"], /bash, zsh, fish/],
    [["apply", "-f", "/no/such/file"], /reading \/no\/such\/file: ENOENT/],
  ])("for %j", (args, message) => {
    const run = transship(args);
    expect([run.status, run.stdout]).toEqual([2, ""]);
    expect(run.stderr).toMatch(message);
    expect(run.stderr).toContain("INVALID_ARGUMENT");
  });

  it("for a topology with mistakes, which are all told with their lines, before any server is asked", () => {
    const text = "apiVersion: transship/v1\nkind: Rule\nmetadata: {name: Bad}\nspec: {sorce: {instance: a}, targets: []}\n";
    const run = transship(["apply", "-f", "-"], {}, text);
    expect(run.status).toBe(2);
    expect(run.stderr).toContain("<stdin>:4:8: spec.sorce: unknown key `sorce`; did you mean `source`?");
    expect(run.stderr.trim().split("\n").length).toBeGreaterThan(3);
  });
});

describe("other exit codes and forms", () => {
  it("6 where no control plane answers; as an object with -o json", () => {
    const run = transship(["rule", "list", "--server", "127.0.0.1:1", "-o", "json"]);
    expect([run.status, run.stdout]).toEqual([6, ""]);
    expect(JSON.parse(run.stderr)).toMatchObject({ apiVersion: "transship/v1", kind: "Error", code: "CONTROL_PLANE_UNREACHABLE" });
  });

  it("takes the options of a connection and -o before the noun too, the later of two winning, and with an equals sign", () => {
    for (const leading of [["--server", "127.0.0.1:1"], ["--server=127.0.0.1:1"], ["--server", "127.0.0.1:2", "--server=127.0.0.1:1"]]) {
      const run = transship([...leading, "-o", "json", "rule", "list"]);
      expect([run.status, JSON.parse(run.stderr).message]).toEqual([6, expect.stringContaining("127.0.0.1:1")]);
    }
    const both = transship(["--server", "127.0.0.1:2", "-o", "json", "rule", "list", "--server=127.0.0.1:1", "--output=table"]);
    expect([both.status, both.stderr]).toEqual([
      6,
      expect.stringMatching(/^calling the control plane at 127\.0\.0\.1:1: .*CONTROL_PLANE_UNREACHABLE\n$/),
    ]);
  });

  it("takes names as -o name prints them", () => {
    for (const name of ["rule/r1", "rules/r1", "r1"]) expect(transship(["--server=127.0.0.1:1", "rule", "get", name]).status).toBe(6);
  });

  it("does not mind a reader that leaves early", () => {
    const run = spawnSync("bash", ["-c", `set -o pipefail; ${SCRIPT} --help | true`], { encoding: "utf8", env });
    expect([run.status, run.stderr]).toEqual([0, ""]);
  });

  it("2 for plain gRPC beyond loopback, 3 for a context that is not there", () => {
    expect(transship(["control-plane", "start", "--data-dir", directory, "--insecure", "--grpc", "0.0.0.0:0"]).status).toBe(2);
    expect(transship(["rule", "list", "--context", "nowhere"]).status).toBe(3);
  });

  it("takes flags before environment before context, and config print says so", () => {
    expect(transship(["context", "add", "prod", "--server", "cp.example.com:7401"]).status).toBe(0);
    expect(statSync(join(directory, "transship", "config.yaml")).mode & 0o777).toBe(0o600);
    const server = (args: string[], extra: NodeJS.ProcessEnv = {}) => {
      const { items } = JSON.parse(transship(["config", "print", "-o", "json", ...args], extra).stdout) as {
        items: { metadata: { name: string }; status: object }[];
      };
      return items.find((item) => item.metadata.name === "server")?.status;
    };
    expect(server([])).toEqual({ value: "cp.example.com:7401", origin: "context prod" });
    expect(server([], { TRANSSHIP_SERVER: "env:1" })).toEqual({ value: "env:1", origin: "environment TRANSSHIP_SERVER" });
    expect(server(["--server", "flag:1"], { TRANSSHIP_SERVER: "env:1" })).toEqual({ value: "flag:1", origin: "flag" });
  });

  it("prints a completion script that bash accepts and that completes words, options and choices", () => {
    const script = transship(["completion", "bash"]).stdout;
    const ask = (...words: string[]) => {
      const line = `COMP_WORDS=(${words.map((word) => `"${word}"`).join(" ")}); COMP_CWORD=${words.length - 1}; _transship; echo "\${COMPREPLY[@]}"`;
      return spawnSync("bash", ["-c", `${script}\n${line}`], { encoding: "utf8" }).stdout.trim();
    };
    expect(ask("transship", "exec")).toBe("execution");
    expect(ask("transship", "rules", "run", "gz", "--wa")).toBe("--wait");
    expect(ask("transship", "agent", "token", "")).toBe("create --help");
    expect(ask("transship", "rule", "list", "-o", "j")).toBe("json");
    expect(ask("transship", "--serv")).toBe("--server");
    expect(ask("transship", "--server", "h:1", "exec")).toBe("execution");
    expect(spawnSync("bash", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
  });
});
