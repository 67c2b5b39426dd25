import { readFileSync } from "node:fs";
import { FAULT_NAMES, type FaultKind } from "@transship/dev-registry";
import type { Way } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { FaultCase } from "./fault-case.ts";
import { SOURCE_FAULTS } from "./source-faults.ts";
import { TARGET_FAULTS } from "./target-faults.ts";
import { TRANSFER_FAULTS } from "./transfer-faults.ts";
import { waysOf } from "./way.ts";

const SWITCHES = Object.keys(FAULT_NAMES) as FaultKind[];

/** Switches that need another repository, registry or image at the target, and have tests of their own. */
const OWN_TESTS: Readonly<Partial<Record<FaultKind, string>>> = {
  "lying-mount": "../../src/engine-faults.test.ts",
  "immutable-tags": "../../src/move-tag.test.ts",
};

/** Switches that concern only what a target does after the bytes: the way that they came makes no difference. */
const AFTER_THE_BYTES: readonly FaultKind[] = ["gc-race", "late-blob", "lying-mount", "immutable-tags"];

/** The faults that are played at a source in one way, or at a target in another. */
function kindsOf(cases: readonly FaultCase[], source: Way, target: Way): Set<FaultKind> {
  const played = [
    ...cases.filter((one) => waysOf(one, "source").includes(source)).flatMap((one) => one.source ?? []),
    ...cases.filter((one) => waysOf(one, "target").includes(target)).flatMap((one) => one.target ?? []),
  ];
  return new Set(played.map((rule) => rule.action.kind));
}

describe("every fault switch of the dev registry", () => {
  it.each(SWITCHES)("%s is played against the engine", (name) => {
    const own = OWN_TESTS[name];
    if (own !== undefined) expect(readFileSync(new URL(own, import.meta.url), "utf8")).toContain(`"${name}"`);
    else
      expect([...SOURCE_FAULTS, ...TARGET_FAULTS].flatMap(({ source = [], target = [] }) => [...source, ...target])).toContainEqual(
        expect.objectContaining({ action: expect.objectContaining({ kind: name }) }),
      );
  });

  it.each(SWITCHES.filter((name) => !AFTER_THE_BYTES.includes(name)))("%s is played both streamed and in ranges or chunks", (name) => {
    const streamed = kindsOf([...SOURCE_FAULTS, ...TARGET_FAULTS], "stream", "stream");
    const inParts = kindsOf([...SOURCE_FAULTS, ...TARGET_FAULTS], "segmented", "spooled");
    // Only an upload in chunks is ever asked how far it is.
    if (name !== "wrong-offset") expect(streamed).toContain(name);
    expect(inParts).toContain(name);
  });
});

describe("every fault of a transfer", () => {
  it.each(TRANSFER_FAULTS)("$fault: has its tests", ({ tests }) => {
    for (const [file, ...titles] of tests) {
      const text = readFileSync(new URL(`../../../../${file}`, import.meta.url), "utf8");
      for (const title of titles) expect(text, `${file} has a test of "${title}"`).toContain(title);
    }
  });
});
