import { parseResource } from "@transship/model";
import { describe, expect, it } from "vitest";
import { replicationResourceFromMessage, replicationResourceToMessage } from "./replication-mapping.ts";
import { ReplicationResource } from "./wire.ts";

const EVERYTHING = {
  description: "广州为主",
  primary: "gz",
  edges: [
    {
      from: "gz",
      to: "sh",
      limits: { bytesPerSecond: "20MiB" },
      relay: { instance: "hub", namespace: "via" },
      agents: { labels: { tier: "fast" } },
    },
    { from: "sh", to: "bj", agents: { names: ["bj-1"] } },
  ],
  deletion: { propagate: true, maxCount: 5, maxShare: 50 },
  sweep: "30m",
  window: { from: "22:00", to: "06:00", timeZone: "Asia/Shanghai" },
  priority: -3,
  consent: [{ account: "globex", by: "ticket 42" }],
  enabled: false,
};

describe("a replication on the wire", () => {
  it.each([
    ["with everything", EVERYTHING],
    ["with what is needed", { primary: "gz", edges: [{ from: "gz", to: "sh" }] }],
  ])("comes back as it was, %s", (_what, spec) => {
    const parsed = parseResource({
      apiVersion: "transship/v1",
      kind: "Replication",
      metadata: { name: "cn-tree", labels: { team: "infra" } },
      spec,
    });
    if (!("resource" in parsed) || parsed.resource.kind !== "Replication") throw new Error(JSON.stringify(parsed));
    const bytes = ReplicationResource.encode(replicationResourceToMessage(parsed.resource)).finish();
    const back = parseResource(replicationResourceFromMessage(ReplicationResource.decode(bytes)));
    expect(back).toEqual(parsed);
  });
});
