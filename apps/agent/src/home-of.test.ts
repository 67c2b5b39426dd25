import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { homeOf } from "./home-of.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "home-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("homeOf", () => {
  it("is the same for one file, moved or not, and another for its copy", () => {
    const file = join(directory, "a.lock");
    writeFileSync(file, "");
    const home = homeOf(file);
    expect(home).toMatch(/^[0-9a-f]{32}$/);
    expect(homeOf(file)).toBe(home);
    cpSync(file, join(directory, "copy.lock"));
    expect(homeOf(join(directory, "copy.lock"))).not.toBe(home);
    renameSync(file, join(directory, "moved.lock"));
    expect(homeOf(join(directory, "moved.lock"))).toBe(home);
  });
});
