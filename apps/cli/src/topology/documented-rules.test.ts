import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { RuleResource } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { RuleDocument } from "../documents/rule.ts";
import { tellRule } from "../sentences/tell-rule.ts";
import { parseTopology } from "./parse-topology.ts";

const ROOT = resolve(import.meta.dirname, "../../../..");
const SURROUNDINGS = { environment: { GZ_PASSWORD: "password", GZ_WEBHOOK: "Bearer 7f0c" }, directory: ROOT };

/** The blocks of a Markdown file in a language; empty for blocks in none. */
async function blocks(file: string, language: string): Promise<string[]> {
  const text = await readFile(resolve(ROOT, file), "utf8");
  return [...text.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, found, block = ""]) => (found === language ? [block] : []));
}

async function rulesOf(file: string): Promise<RuleResource[]> {
  const topologies = (await blocks(file, "yaml")).filter((block) => block.includes("apiVersion: transship/v1"));
  const parsed = await Promise.all(topologies.map((block) => parseTopology(file, block, SURROUNDINGS)));
  expect(parsed.flatMap(({ issues }) => issues)).toEqual([]);
  return parsed.flatMap(({ resources }) => resources.flatMap(({ resource }) => (resource.kind === "Rule" ? [resource] : [])));
}

describe("rules in the documentation", () => {
  it.each([
    ["README.md", 2],
    ["docs/operations/what-a-rule-takes.md", 1],
    ["docs/operations/events-from-registries.md", 1],
  ])("of %s are read without complaint", async (file, count) => {
    expect(await rulesOf(file)).toHaveLength(count);
  });

  it("are told by README.md as `rule describe` tells them", async () => {
    const rule = (await rulesOf("README.md")).find(({ metadata }) => metadata.name === "nightly");
    const status = { lastExecution: null, record: null, triggers: { nextRuns: [], missedRuns: 0 } };
    const told = tellRule({ ...rule, status } as RuleDocument, new Date("2026-11-21T09:00:00Z")).slice(0, -1);
    const shown = (await blocks("README.md", "")).find((block) => block.includes(rule?.spec.description ?? "?"));
    expect(shown?.trimEnd().split("\n")).toEqual(told);
  });
});
