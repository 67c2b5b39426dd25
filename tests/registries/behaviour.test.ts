import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startDevRegistry } from "@transship/dev-registry";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BEHAVIOURS, repositoryOf } from "./behaviour.ts";
import { DIFFERENCES, type Subject } from "./differences.ts";
import { findRealRegistries, type RealRegistryKind, startRealRegistry } from "./real-registry.ts";

type Start = (dir: string) => Promise<AsyncDisposable & { readonly url: string }>;

const SUBJECTS: Record<Subject, Start> = {
  "double in memory": () => startDevRegistry(),
  "double in a directory": (dir) => startDevRegistry({ directory: dir }),
  "double as distribution-2.8": () => startDevRegistry({ profile: "distribution-2.8" }),
  "distribution-3": (dir) => startRealRegistry({ kind: "distribution-3", dir }),
  "distribution-2.8": (dir) => startRealRegistry({ kind: "distribution-2.8", dir }),
};

const PROGRAM = { "distribution-3": "`registry` (CNCF distribution 3.x)", "distribution-2.8": "`docker-registry` (Debian)" } as const;

function missing(subject: Subject): string | undefined {
  const real = Object.hasOwn(PROGRAM, subject) ? (subject as RealRegistryKind) : undefined;
  return real === undefined || findRealRegistries().has(real) ? undefined : `SKIPPED: ${PROGRAM[real]} is neither on PATH nor in ~/go/bin`;
}

for (const [subject, start] of Object.entries(SUBJECTS) as [Subject, Start][]) {
  const why = missing(subject);
  if (why !== undefined) console.warn(`${subject}: ${why}`);
  describe.skipIf(why !== undefined)(why === undefined ? subject : `${subject} (${why})`, () => {
    const resources = new AsyncDisposableStack();
    let url = "";
    beforeAll(async () => {
      const dir = await mkdtemp(join(tmpdir(), "behaviour-"));
      resources.defer(() => rm(dir, { recursive: true, force: true }));
      url = resources.use(await start(dir)).url;
    });
    afterAll(() => resources.disposeAsync());

    it.each(BEHAVIOURS)("$name", async (behaviour) => {
      const seen = await behaviour.observe({ url, repository: repositoryOf(behaviour) });
      const difference = DIFFERENCES[behaviour.name]?.[subject];
      expect(seen).toEqual(difference === undefined ? behaviour.expected : difference.instead);
    });
  });
}

describe("the table of differences", () => {
  it("names existing cases and true differences, each with its reason", () => {
    for (const [name, differences] of Object.entries(DIFFERENCES)) {
      const behaviour = BEHAVIOURS.find((each) => each.name === name);
      expect(behaviour, name).toBeDefined();
      for (const { instead, because } of Object.values(differences)) {
        expect(instead, name).not.toEqual(behaviour?.expected);
        expect(because.length, name).toBeGreaterThan(10);
      }
    }
  });

  it("knows no difference of the double at its best from the expected", () => {
    for (const differences of Object.values(DIFFERENCES)) {
      expect(differences["double in memory"]).toBeUndefined();
      expect(differences["double in a directory"]).toBeUndefined();
    }
  });
});
