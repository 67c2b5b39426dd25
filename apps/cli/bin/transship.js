// The first JavaScript that runs: plain, so that a Node which is too old can read it and say so.
import * as nodeModule from "node:module";
import { homedir } from "node:os";
import { join } from "node:path";

const version = process.versions.node;
if (Number(version.split(".")[0]) < 24) {
  const hint = "Run `npm ci` in the checkout, which brings the right Node, or install Node 24 or newer.";
  process.stderr.write(`starting transship: this is Node ${version}, and Node 24 or newer is needed · ${hint} · NODE_TOO_OLD\n`);
  process.exitCode = 1;
} else {
  // Deprecations in libraries are nothing that a user of the CLI could act on.
  process.noDeprecation = true;
  // Half of the start would be compiling. The cache is in the user's own directory, since what is in it gets executed.
  nodeModule.enableCompileCache(join(homedir(), ".cache", "transship", "compiled"));
  void import("../src/main.ts");
}
