import { execFileSync } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";

/** Our own program. */
export const TRANSSHIP = resolve(import.meta.dirname, "../../apps/cli/bin/transship");

/** The tools that we are measured against, and where Go finds them. */
export const PEERS = {
  regsync: "github.com/regclient/regclient/cmd/regsync@latest",
  regctl: "github.com/regclient/regclient/cmd/regctl@latest",
  crane: "github.com/google/go-containerregistry/cmd/crane@latest",
} as const;
export type Peer = keyof typeof PEERS;

/** The path of a peer's program: from PATH or `~/go/bin`, else installed by `go install`. Throws where neither is possible. */
export function findPeer(peer: Peer): string {
  const found = findProgram(peer);
  if (found !== undefined) return found;
  console.error(`installing ${peer} (${PEERS[peer]})`);
  try {
    execFileSync("go", ["install", PEERS[peer]], { stdio: ["ignore", "ignore", "inherit"] });
  } catch (cause) {
    throw new Error(`${peer} is not on PATH and could not be installed: it needs Go (go install ${PEERS[peer]})`, { cause });
  }
  const installed = findProgram(peer);
  if (installed === undefined) throw new Error(`${peer} was installed but is neither on PATH nor in ~/go/bin`);
  return installed;
}

/** skopeo, which only distributions package; undefined, and said so, where it is missing. */
export function findSkopeo(): string | undefined {
  const found = findProgram("skopeo");
  if (found === undefined) console.error("skopeo is not on PATH (Debian: apt install skopeo): its row is left out");
  return found;
}

/** What a peer's program says of its version, in one line. */
export function versionOf(path: string): string {
  const text = execFileSync(path, [path.endsWith("/skopeo") ? "--version" : "version"], { encoding: "utf8" });
  const tag = /VCSTag:\s*(\S+)/.exec(text)?.[1] ?? /^skopeo version (\S+)/.exec(text)?.[1];
  return tag ?? text.split("\n")[0]?.trim() ?? "unknown";
}

/** A program's path on PATH, in the folders of the superuser's tools or in `~/go/bin`. */
export function findProgram(program: string): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/sbin", "/sbin", join(homedir(), "go", "bin")];
  return folders.map((folder) => join(folder, program)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
