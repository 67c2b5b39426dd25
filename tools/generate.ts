/**
 * Regenerates `libs/api/src/gen` from `proto/`. With `--check` it changes nothing that is kept and fails when the committed code is not what the
 * proto files give.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const GENERATED = "libs/api/src/gen";

function generate(): void {
  execFileSync("buf", ["generate"], { stdio: "inherit" });
}

function snapshot(directory: string): Map<string, string> {
  const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return new Map(
    files.map((file) => join(file.parentPath, file.name)).map((path) => [path.slice(directory.length), readFileSync(path, "utf8")]),
  );
}

function check(): void {
  const kept = mkdtempSync(join(tmpdir(), "transship-gen-"));
  cpSync(GENERATED, kept, { recursive: true });
  generate();
  const before = snapshot(kept);
  const after = snapshot(GENERATED);
  rmSync(GENERATED, { recursive: true });
  cpSync(kept, GENERATED, { recursive: true });
  rmSync(kept, { recursive: true });
  const stale = [...new Set([...before.keys(), ...after.keys()])].filter((path) => before.get(path) !== after.get(path));
  if (stale.length === 0) return;
  console.error(`generated code is not current: ${stale.join(", ")}\nrun \`npm run generate\` and commit the result`);
  process.exitCode = 1;
}

if (process.argv.includes("--check")) check();
else generate();
