import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import type { EdgeStatusDocument } from "../documents/replication.ts";
import type { TopologyDocument, TreeNodeDocument } from "../documents/topology.ts";
import { drawTopology } from "./draw-topology.ts";
import { textWidth } from "./text-width.ts";

const NOW = Date.parse("2026-01-01T00:10:00.000Z");
const checked = { checkedAt: "2026-01-01T00:08:00.000Z", equal: 9, missing: 1, different: 1, extra: 0, behindSince: undefined };

function node(instance: string, edge: Partial<EdgeStatusDocument> | undefined, ...replicas: TreeNodeDocument[]): TreeNodeDocument {
  const usual = {
    from: "",
    to: instance,
    rule: "",
    state: "in-step",
    lagMs: 0,
    backlog: 0,
    bytesPerSecond: 0,
    lastExecution: null,
  } as const;
  return { instance, region: `ap-${instance}`, ...(edge === undefined ? {} : { edge: { ...usual, ...edge } }), replicas };
}

function topology(status: Partial<TopologyDocument["status"]>): TopologyDocument {
  return {
    apiVersion: "transship/v1",
    kind: "Topology",
    metadata: {},
    status: { replications: [], rules: [], unconnected: [], ...status },
  };
}

const tree = node(
  "gz",
  undefined,
  node("sh", {}, node("北京", { state: "behind", lagMs: 65_000, backlog: 3, bytesPerSecond: 2048 })),
  node("cd", { state: "failing", drift: checked, failure: { code: "TIMED_OUT", side: "target", message: "no progress", hint: "" } }),
);
const whole = topology({
  replications: [{ name: "cn", tree }],
  rules: [
    { rule: "gz-to-sg", from: "gz", to: ["sg", "us"], enabled: true, state: "succeeded", lastRunAt: "2026-01-01T00:05:00.000Z" },
    { rule: "off", from: "gz", to: ["sg"], enabled: false, state: "never ran" },
  ],
  unconnected: ["lonely"],
});

describe("the drawing of a topology", () => {
  it("is a tree with states in one column, whatever the width of the names, then rules, then the rest", () => {
    expect(drawTopology(whole, { legend: false, stream: undefined, now: NOW })).toBe(
      [
        "replication cn",
        "gz (ap-gz)            primary",
        "├─ sh (ap-sh)         in-step",
        "│  └─ 北京 (ap-北京)  behind   lag 1m5s  backlog 3  2.0 KiB/s",
        "└─ cd (ap-cd)         failing  drift 2 (2m0s ago)  TIMED_OUT: no progress",
        "",
        "rules",
        "gz ─▶ sg, us  succeeded  gz-to-sg  5m0s ago",
        "gz ─▶ sg      disabled   off",
        "",
        "connected by nothing",
        "lonely",
        "",
      ].join("\n"),
    );
  });

  it("cuts lines at the width of a terminal, colours and all, and explains itself when asked", () => {
    const sink = new Writable({ write: (_bytes, _encoding, done) => done() });
    const stream = Object.assign(sink, { isTTY: true, columns: 30, getColorDepth: () => 4 }) as unknown as NodeJS.WriteStream;
    const drawn = drawTopology(whole, { legend: true, stream, now: NOW });
    const lines = stripVTControlCharacters(drawn).split("\n");
    for (const line of lines) expect(textWidth(line)).toBeLessThanOrEqual(30);
    expect(lines.some((line) => line.endsWith("…"))).toBe(true);
    expect(lines).toContain("legend");
  });

  it("says so where there is nothing", () => {
    expect(drawTopology(topology({}), { legend: false, stream: undefined, now: NOW })).toBe("no instances\n");
  });
});
