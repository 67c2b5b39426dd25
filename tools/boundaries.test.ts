import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { findCrossings } from "./boundaries.ts";

const roots: string[] = [];
afterEach(() => {
  for (const root of roots.splice(0)) rmSync(root, { recursive: true });
});

/** A checkout of one workspace with one file. */
function checkout(workspace: string, dependencies: readonly string[], path: string, source: string): string {
  const root = mkdtempSync(join(tmpdir(), "transship-boundaries-"));
  roots.push(root);
  mkdirSync(join(root, "libs"));
  mkdirSync(join(root, "apps"));
  const file = join(root, workspace, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(
    join(root, workspace, "package.json"),
    JSON.stringify({ dependencies: Object.fromEntries(dependencies.map((name) => [name, "*"])) }),
  );
  writeFileSync(file, source);
  return root;
}

describe("import boundaries", () => {
  it("hold in this checkout", () => {
    expect(findCrossings(resolve(import.meta.dirname, ".."))).toEqual([]);
  });

  it.each([
    [
      "an app that is not a dependency",
      "apps/agent",
      ["@transship/oci"],
      "src/x.ts",
      'import { a } from "@transship/store";',
      "does not declare it",
    ],
    ["a declared edge that the table forbids", "libs/oci", ["@transship/store"], "src/x.ts", "", "may not import"],
    ["a builtin in a pure lib", "libs/planner", [], "src/x.ts", 'import { readFileSync } from "node:fs";', "pure"],
    [
      "a relative path into another workspace",
      "libs/transfer",
      [],
      "src/x.ts",
      'import { a } from "../../oci/src/digest.ts";',
      "leaves its workspace",
    ],
    ["a deep import", "libs/transfer", ["@transship/oci"], "src/x.ts", 'import { a } from "@transship/oci/src/digest.ts";', "front door"],
    [
      "an app composed outside src/local",
      "apps/cli",
      ["@transship/agent"],
      "src/nouns/x.ts",
      'const a = await import("@transship/agent");',
      "src/local",
    ],
    ["a lib without a row", "libs/misc", [], "src/x.ts", "", "no row"],
  ])("refuse %s", (_, workspace, dependencies, path, source, why) => {
    const crossings = findCrossings(checkout(workspace, dependencies, path, source));
    expect(crossings).toHaveLength(1);
    expect(crossings[0]).toContain(why);
  });

  it("let local composition and tests through", () => {
    expect(findCrossings(checkout("apps/cli", ["@transship/agent"], "src/local/up.ts", 'import { a } from "@transship/agent";'))).toEqual(
      [],
    );
    expect(findCrossings(checkout("libs/model", [], "src/x.test.ts", 'import { readFileSync } from "node:fs";'))).toEqual([]);
  });
});
