import { DEFAULT_POLL_MS, parseResource, type RuleSpec } from "@transship/model";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RuleDocument } from "../documents/rule.ts";
import { tellRule } from "./tell-rule.ts";

/** Every field of a spec below its source and targets' instances, with what it is by default. */
const DEFAULTS: Readonly<Record<string, unknown>> = {
  description: undefined,
  "source.namespace": undefined,
  "source.repository": undefined,
  "source.tag": undefined,
  "repositories.include": undefined,
  "repositories.exclude": undefined,
  "tags.include": undefined,
  "tags.exclude": undefined,
  "tags.semver": undefined,
  "tags.prereleases": false,
  "tags.newest": undefined,
  "tags.newestBy": "semver",
  "tags.pushedWithin": undefined,
  kinds: undefined,
  platforms: undefined,
  "targets.0.namespace": undefined,
  "targets.0.repository": undefined,
  "targets.0.flatten": 0,
  "targets.1": undefined,
  overwrite: "always",
  conflict: "stop",
  "deletion.propagate": false,
  "deletion.maxCount": 20,
  "deletion.maxShare": 10,
  "triggers.events": false,
  "triggers.poll": DEFAULT_POLL_MS,
  "triggers.schedule": undefined,
  "triggers.schedule.timeZone": "UTC",
  "triggers.schedule.missed": "run",
  window: undefined,
  "window.timeZone": "UTC",
  "limits.bytesPerSecond": undefined,
  priority: 0,
  relay: undefined,
  "relay.namespace": "relay",
  enabled: true,
};

const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const text = fc.stringMatching(/^[a-z][a-z0-9]{0,8}$/);
const patterns = fc.array(fc.stringMatching(/^[a-z]{1,4}(\.\*|\[0-9\]\+)?$/), { minLength: 1, maxLength: 3 });
const timeZone = fc.constantFrom("UTC", "Asia/Shanghai", "America/New_York");
const target = fc.record({
  instance: text,
  namespace: maybe(text),
  repository: maybe(fc.constantFrom("{{name}}", "x/{{repository}}")),
  flatten: maybe(fc.constantFrom(0, 1, 3, "all")),
});
const specs = fc.record({
  description: maybe(fc.constantFrom("广州到新加坡", "nightly")),
  source: fc.record({ instance: text.map((name) => `from-${name}`), namespace: maybe(text), repository: maybe(text), tag: maybe(text) }),
  repositories: maybe(fc.record({ include: maybe(patterns), exclude: maybe(patterns) })),
  tags: maybe(
    fc.record({
      include: maybe(patterns),
      exclude: maybe(patterns),
      semver: maybe(fc.constantFrom("^1.2", ">=1 <3")),
      prereleases: maybe(fc.boolean()),
      newest: maybe(fc.integer({ min: 1, max: 50 })),
      newestBy: maybe(fc.constantFrom("semver", "pushed", "name")),
      pushedWithin: maybe(fc.constantFrom("90s", "36h", "30d")),
    }),
  ),
  kinds: maybe(fc.uniqueArray(fc.constantFrom("image", "chart", "artifact"), { minLength: 1 })),
  platforms: maybe(fc.uniqueArray(fc.constantFrom("linux/amd64", "linux/arm64"), { minLength: 1 })),
  targets: fc.uniqueArray(target, { minLength: 1, maxLength: 2, selector: ({ instance }) => instance }),
  conflict: maybe(fc.constantFrom("source", "newest", "stop")),
  overwrite: maybe(fc.constantFrom("always", "never", "ours")),
  deletion: maybe(
    fc.record({ propagate: fc.boolean(), maxCount: fc.integer({ min: 0, max: 30 }), maxShare: fc.integer({ min: 1, max: 100 }) }),
  ),
  triggers: maybe(
    fc.record({
      events: maybe(fc.boolean()),
      poll: maybe(fc.constantFrom("90m", "6h", "1d")),
      schedule: maybe(
        fc.record({
          cron: fc.constantFrom("0 2 * * *", "*/10 * * * *", "1 2 3 4 5"),
          timeZone: maybe(timeZone),
          missed: maybe(fc.constantFrom("run", "report")),
        }),
      ),
    }),
  ),
  window: maybe(fc.record({ from: fc.constantFrom("22:00", "01:30"), to: fc.constantFrom("06:00", "23:00"), timeZone: maybe(timeZone) })),
  limits: maybe(fc.record({ bytesPerSecond: maybe(fc.constantFrom("1MiB", "50MB")) })),
  priority: maybe(fc.integer({ min: -100, max: 100 })),
  relay: maybe(fc.record({ instance: text.map((name) => `relay-${name}`), namespace: maybe(text) })),
  enabled: maybe(fc.boolean()),
});

function checked(spec: object): RuleSpec {
  // What is undefined is absent in a file.
  const document = JSON.parse(JSON.stringify({ apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r" }, spec })) as unknown;
  const result = parseResource(document);
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  return result.resource.spec as RuleSpec;
}

type Tree = Record<string, unknown>;

function at(spec: RuleSpec, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Tree | undefined)?.[key], spec);
}

function replaced(spec: RuleSpec, path: string, value: unknown): RuleSpec {
  const copy = structuredClone(spec) as unknown as Tree;
  const keys = path.split(".");
  const last = keys.pop() ?? "";
  const parent = keys.reduce<Tree>((tree, key) => tree[key] as Tree, copy);
  if (Array.isArray(parent)) parent.splice(Number(last), 1);
  else if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy as unknown as RuleSpec;
}

function told(spec: RuleSpec): string {
  const status: RuleDocument["status"] = { lastExecution: null, record: null, triggers: { nextRuns: [], missedRuns: 0 } };
  const rule = { apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r", labels: {} }, spec, status } as const;
  return tellRule(rule, new Date("2026-11-21T09:00:00Z")).join("\n");
}

/** Paths of all leaves; lists and their items are one, except targets. */
function leaves(value: unknown, path: string[] = []): string[] {
  const isList = Array.isArray(value) && path.join(".") !== "targets";
  if (typeof value !== "object" || value === null || isList) return [path.join(".")];
  return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
}

/** Told with the field above them, which is checked. */
const WITH_THEIR_PARENT =
  /^source\.instance$|^targets\.0\.instance$|^targets\.1\.|^relay\.instance$|^triggers\.schedule\.cron$|^window\.(?:from|to)$/;

describe("tellRule", () => {
  it("tells every field that is not as it would be by default", () => {
    const seen = new Set<string>();
    fc.assert(
      fc.property(specs, (given) => {
        const spec = checked(given);
        const sentences = told(spec);
        expect(leaves(spec).filter((path) => !(path in DEFAULTS) && !WITH_THEIR_PARENT.test(path))).toEqual([]);
        for (const [path, usual] of Object.entries(DEFAULTS)) {
          const value = at(spec, path);
          if (value === undefined || value === usual) continue;
          seen.add(path);
          expect([path, told(replaced(spec, path, usual))]).not.toEqual([path, sentences]);
          for (const shown of [value].flat()) {
            if (
              typeof shown === "string" &&
              !["overwrite", "kinds", "tags.newestBy", "targets.0.flatten", "triggers.schedule.missed"].includes(path)
            )
              expect(sentences).toContain(shown);
          }
        }
      }),
      { numRuns: 250 },
    );
    expect([...seen].sort()).toEqual(Object.keys(DEFAULTS).sort());
  });
});
