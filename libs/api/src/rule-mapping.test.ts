import { parseResource } from "@transship/model";
import { describe, expect, it } from "vitest";
import { ruleResourceFromMessage, ruleResourceToMessage } from "./rule-mapping.ts";

const plain = { source: { instance: "gz" }, targets: [{ instance: "sg" }] };
const whole = {
  description: "广州到新加坡",
  source: { instance: "gz", namespace: "team0", repository: "app[0-9]+", tag: "v1\\..*", charts: "asOci" },
  repositories: { include: ["app.*"], exclude: ["app-old"] },
  tags: { include: ["v.*"], exclude: [".*-rc.*"], semver: ">=1.2", prereleases: true, newest: 10, newestBy: "pushed", pushedWithin: "30d" },
  kinds: ["image", "chart"],
  platforms: ["linux/amd64", "linux/arm/v7"],
  targets: [
    { instance: "sg", namespace: "mirror", repository: "x/{{repository}}", flatten: 2 },
    { instance: "bj", flatten: "all" },
  ],
  overwrite: "ours",
  deletion: { propagate: true, maxCount: 5, maxShare: "2.5%" },
  triggers: { events: true, poll: "6h", schedule: { cron: "0 2 * * *", timeZone: "Asia/Shanghai", missed: "report" } },
  window: { from: "22:00", to: "06:00", timeZone: "Asia/Shanghai" },
  limits: { bytesPerSecond: "20MiB" },
  priority: -5,
  agents: { labels: { tier: "fast" }, names: ["a1", "a2"] },
  conflict: "newest",
  enabled: false,
};

describe("a rule on the wire", () => {
  it.each([
    ["of what must be given", plain],
    ["of everything", whole],
  ])("comes back as it was, %s", (_what, spec) => {
    const parsed = parseResource({ apiVersion: "transship/v1", kind: "Rule", metadata: { name: "r" }, spec });
    if (!("resource" in parsed) || parsed.resource.kind !== "Rule") throw new Error(JSON.stringify(parsed));
    expect(parseResource(ruleResourceFromMessage(ruleResourceToMessage(parsed.resource)))).toEqual(parsed);
  });
});
