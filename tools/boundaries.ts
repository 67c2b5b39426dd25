import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";

/** Which workspaces may import which (docs/architecture.md). A lib that is not listed here does not exist. */
export const ALLOWED_EDGES: Readonly<Record<string, readonly string[]>> = {
  "libs/errors": [],
  "libs/model": ["errors"],
  "libs/planner": ["model", "errors"],
  "libs/oci": ["model", "errors"],
  "libs/providers": ["oci", "errors"],
  "libs/transfer": ["oci", "model", "errors"],
  "libs/checkpoint": ["transfer", "model", "errors"],
  "libs/store": ["model", "errors"],
  "libs/api": ["model", "errors"],
  "libs/dev-registry": ["errors"],
  "apps/control-plane": ["store", "planner", "api", "model", "errors"],
  "apps/agent": ["planner", "transfer", "checkpoint", "providers", "oci", "api", "model", "errors"],
  "apps/cli": ["api", "model", "errors", "control-plane", "agent", "dev-registry", "oci"],
};

/** Libs that decide and do nothing else: no builtin of Node, no driver. */
const PURE = ["libs/errors", "libs/model", "libs/planner"];
/** The only place of the CLI that may compose apps and registries in its own process. */
const LOCAL_ONLY = { workspace: "apps/cli", folder: "src/local", names: ["control-plane", "agent", "dev-registry", "oci"] };
/** In tests everything of the product may be used. */
const TEST_FILE = /(\.test\.ts$)|(^test\/)|conformance/;

/** Everything that crosses a boundary in the checkout at `root`, one sentence each; empty = all is well. */
export function findCrossings(root: string): string[] {
  const crossings: string[] = [];
  for (const kind of ["libs", "apps"]) {
    for (const name of readdirSync(join(root, kind)).filter((entry) => entry !== "node_modules"))
      crossings.push(...checkWorkspace(root, `${kind}/${name}`));
  }
  return crossings;
}

function checkWorkspace(root: string, workspace: string): string[] {
  const allowed = ALLOWED_EDGES[workspace];
  if (allowed === undefined) return [`${workspace} has no row in tools/boundaries.ts`];
  const manifest = JSON.parse(readFileSync(join(root, workspace, "package.json"), "utf8")) as { dependencies?: Record<string, string> };
  const declared = Object.keys(manifest.dependencies ?? {});
  const undue = ownNames(declared).filter((name) => !allowed.includes(name));
  const crossings = undue.map((name) => `${workspace}/package.json declares @transship/${name}, which it may not import`);
  for (const file of sourceFiles(join(root, workspace))) crossings.push(...checkFile(root, workspace, file, declared));
  return crossings;
}

function checkFile(root: string, workspace: string, file: string, declared: readonly string[]): string[] {
  const path = relative(join(root, workspace), file).split(sep).join("/");
  if (TEST_FILE.test(path) || path.includes("/gen/")) return [];
  const where = `${workspace}/${path}`;
  return importsOf(readFileSync(file, "utf8")).flatMap((specifier) => {
    const fault = faultOf(root, workspace, path, file, specifier, declared);
    return fault === undefined ? [] : [`${where} imports ${specifier}: ${fault}`];
  });
}

function faultOf(
  root: string,
  workspace: string,
  path: string,
  file: string,
  specifier: string,
  declared: readonly string[],
): string | undefined {
  if (specifier.startsWith(".")) {
    const target = resolve(dirname(file), specifier);
    return target.startsWith(join(root, workspace) + sep) ? undefined : "it leaves its workspace; import the package by name";
  }
  if (specifier.startsWith("node:")) return PURE.includes(workspace) ? "this lib is pure and uses no builtin of Node" : undefined;
  const [scope = "", rest = ""] = specifier.split("/");
  const name = scope.startsWith("@") ? `${scope}/${rest}` : scope;
  if (!declared.includes(name)) return "package.json does not declare it";
  if (name.startsWith("@transship/") && specifier !== name) return "only the package's front door may be used";
  const [own] = ownNames([name]);
  const localOnly = workspace === LOCAL_ONLY.workspace && own !== undefined && LOCAL_ONLY.names.includes(own);
  return localOnly && !path.startsWith(`${LOCAL_ONLY.folder}/`) ? `only ${LOCAL_ONLY.folder} may compose apps in this process` : undefined;
}

function ownNames(packages: readonly string[]): string[] {
  return packages.filter((name) => name.startsWith("@transship/")).map((name) => name.slice("@transship/".length));
}

function importsOf(source: string): string[] {
  const statements = source.matchAll(/^\s*(?:import|export)\b[^"';]*?from\s+"([^"]+)"|^\s*import\s+"([^"]+)"|\bimport\("([^"]+)"\)/gm);
  return [...statements].map((match) => match[1] ?? match[2] ?? match[3] ?? "");
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts") && !entry.parentPath.includes("node_modules"))
    .map((entry) => join(entry.parentPath, entry.name));
}
