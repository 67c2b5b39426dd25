import { parseResource, type RuleSpec } from "@transship/model";
import { describe, expect, it } from "vitest";
import type { RuleDocument } from "../documents/rule.ts";
import { tellRule } from "./tell-rule.ts";

const NOW = new Date("2026-11-21T09:00:00Z");
const NEVER: RuleDocument["status"] = { lastExecution: null, record: null, triggers: { nextRuns: [], missedRuns: 0 } };

/** What is told of a rule, as its file would have it, before how it ran. */
function told(given: object): string[] {
  const spec = { source: { instance: "gz" }, targets: [{ instance: "sg" }], ...given };
  const result = parseResource({ apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r" }, spec });
  if ("issues" in result) throw new Error(JSON.stringify(result.issues));
  const rule = { ...result.resource, spec: result.resource.spec as RuleSpec, status: NEVER } as RuleDocument;
  return tellRule(rule, NOW).slice(0, -1);
}

const MAIN = "When asked, copies everything from gz to sg, overwrites tags that differ.";
const SCHEDULE = { cron: "0 2 * * *", timeZone: "Asia/Shanghai" };

describe("tellRule", () => {
  it("tells what a rule does in one sentence", () => {
    const source = { instance: "gz", namespace: "team0", repository: "app[0-9]+", tag: "v1\\..*" };
    const targets = [{ instance: "sg", namespace: "mirror" }, { instance: "bj" }];
    expect(told({ source, targets, kinds: ["image"], overwrite: "never", triggers: { schedule: SCHEDULE } })).toEqual([
      "Every day at 02:00 Asia/Shanghai, copies images of team0/app[0-9]+ tagged v1\\..* from gz to sg/mirror and bj, never overwrites.",
    ]);
  });

  it.each<[string, object, string[]]>([
    ["the least rule", {}, [MAIN]],
    ["a description in its own language", { description: "广州到新加坡，每天同步" }, ["广州到新加坡，每天同步", MAIN]],
    ["a disabled rule", { enabled: false }, ["Is disabled: nothing below happens until it is enabled.", MAIN]],
    [
      "a namespace",
      { source: { instance: "gz", namespace: "a/b" } },
      ["When asked, copies everything below a/b from gz to sg, overwrites tags that differ."],
    ],
    [
      "kinds and ours",
      { kinds: ["artifact", "image"], overwrite: "ours" },
      ["When asked, copies images and other artifacts, no charts, from gz to sg, overwrites only what it brought itself."],
    ],
    [
      "targets with names of their own",
      {
        targets: [
          { instance: "sg", namespace: "flat", flatten: "all" },
          { instance: "fra", namespace: "all", repository: "mirror-{{name}}", flatten: 2 },
        ],
      },
      [
        "When asked, copies everything from gz to sg/flat (with the last part of names only) and fra/all (as mirror-{{name}}, without the first 2 parts of names), overwrites tags that differ.",
      ],
    ],
    [
      "repositories",
      { repositories: { include: ["app.*", "web"], exclude: [".*-old"] } },
      [MAIN, "Takes only repositories that match app.* or web and that do not match .*-old."],
    ],
    [
      "tags",
      { tags: { exclude: [".*-rc.*", "tmp"], semver: ">=1.2 <3", prereleases: true, newest: 10, newestBy: "pushed", pushedWithin: "30d" } },
      [
        MAIN,
        'Takes only tags that do not match .*-rc.* or tmp, that are versions within ">=1.2 <3" (pre-releases too) and that were pushed in the last 30 days.',
        "Of these, takes the newest 10 tags of each repository, by push time.",
      ],
    ],
    [
      "the newest by version, with pre-releases",
      { tags: { newest: 1, prereleases: true } },
      [MAIN, "Of these, takes the newest 1 tag of each repository, by version, pre-releases too."],
    ],
    [
      "platforms",
      { platforms: ["linux/amd64", "linux/arm/v7"] },
      [MAIN, "Of images for several platforms, brings linux/amd64 and linux/arm/v7 only."],
    ],
    [
      "deletions",
      { deletion: { propagate: true, maxShare: "5%" } },
      [
        MAIN,
        "Deletes at each target what was deleted at the source, and nothing there where that is more than 20 tags or 5% of what the rule has there.",
      ],
    ],
    [
      "events",
      { triggers: { events: true, poll: "90m" } },
      [
        "On every push to gz, copies everything from gz to sg, overwrites tags that differ.",
        "A push is looked at by itself; everything is looked at again within 90 minutes.",
      ],
    ],
    [
      "missed runs",
      { triggers: { schedule: { cron: "0 2 * * *", missed: "report" } } },
      [
        "Every day at 02:00 UTC, copies everything from gz to sg, overwrites tags that differ.",
        "Scheduled runs that were missed are reported and not made up for.",
      ],
    ],
    [
      "a window over midnight",
      { window: { from: "22:00", to: "06:00", timeZone: "Asia/Shanghai" } },
      [MAIN, "Moves bytes only from 22:00 to 06:00 the next day Asia/Shanghai."],
    ],
    ["limits", { limits: { bytesPerSecond: "50MiB" } }, [MAIN, "Moves at most 50.0 MiB/s, all agents together."]],
    [
      "agents",
      { agents: { labels: { tier: "fast" }, names: ["a2", "a1"] } },
      [MAIN, "Worked only by agents with label tier=fast, name a1 or a2."],
    ],
    ["priority", { priority: -5 }, [MAIN, "Has priority -5 (usually 0): where agents are short, higher ones go first."]],
    [
      "what is without effect",
      { tags: { newestBy: "name", prereleases: true }, deletion: { maxCount: 5 }, triggers: { poll: "2h" } },
      [
        MAIN,
        "Without effect: tags.newestBy name, since tags.newest is not given; tags.prereleases, since nothing goes by version; triggers.poll 2 hours, since it takes no events; deletion.maxCount 5 and deletion.maxShare 10%, since deletion.propagate is false.",
      ],
    ],
  ])("tells %s", (_what, given, sentences) => {
    expect(told(given)).toEqual(sentences);
  });

  it("tells which rules lead back, and what becomes of what both sides moved", () => {
    const facing = (names: string[], conflict?: RuleSpec["conflict"]) => {
      const spec: RuleSpec = { source: { instance: "gz" }, targets: [{ instance: "sg" }], overwrite: "always", enabled: true };
      const status = { ...NEVER, ...(names.length === 0 ? {} : { facing: names }) };
      const rule = { apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r", labels: {} }, status } as const;
      return tellRule({ ...rule, spec: conflict === undefined ? spec : { ...spec, conflict } }, NOW).slice(1, -1);
    };
    const left = "what one side moved is left to the rule that begins there, and what both moved";
    expect(facing([])).toEqual([]);
    expect(facing(["home"])).toEqual([`Rule home brings tags back to the source: ${left} is left on both sides and reported.`]);
    expect(facing(["home", "other"], "source")).toEqual([
      `Rules home and other bring tags back to the source: ${left} becomes what the source has.`,
    ]);
    expect(facing([], "newest")).toEqual([
      `Where rules bring tags back to the source, ${left} becomes the newest of the two, by the time that its image was created.`,
    ]);
  });
});
