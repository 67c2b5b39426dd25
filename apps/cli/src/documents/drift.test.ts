import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { driftDocument, driftItemDocument, replicaDriftDocument } from "./drift.ts";

const { MISSING, DIFFERENT, EXTRA } = wire.DriftKind;

function item(tag: string, kind: wire.DriftKind, more: Partial<wire.DriftItem> = {}): wire.DriftItem {
  const place = { name: "cn", subject: wire.DriftSubjectKind.REPLICATION, replica: "sh", repository: "app", tag, sourceRepository: "app" };
  const why = { since: "2026-01-01T00:00:00.000Z", reason: "failed", explanation: "task t failed", edge: "cn:sh" };
  return { ...place, kind, digest: "", atReplica: "", ...why, taskId: "", executionId: "", code: "", ...more };
}

function summary(more: Partial<wire.DriftSummary>): wire.DriftSummary {
  return {
    name: "cn",
    subject: wire.DriftSubjectKind.REPLICATION,
    primary: "gz",
    replica: "sh",
    edge: "cn:sh",
    remembered: false,
    extraLimited: false,
    ...more,
  };
}

const check = { checkedAt: "2026-01-01T00:01:00.000Z", equal: 5, missing: 0, different: 0, extra: 0, behindSince: "" };
const failure = { code: "CONNECTION_FAILED", side: wire.Side.TARGET, message: "reaching sh: refused", hint: "Look.", tried: "" };

describe("drift as a document", () => {
  it("has what is behind first, by name, without what is not known", () => {
    const items = [item("z", EXTRA), item("b", MISSING, { digest: "d" }), item("a", DIFFERENT), item("a2", MISSING)].map(driftItemDocument);
    const found = replicaDriftDocument(
      summary({ check: { ...check, missing: 2, different: 1, extra: 1, behindSince: check.checkedAt } }),
      items,
    );
    expect(found.items.map(({ kind, artifact }) => [kind, artifact])).toEqual([
      ["missing", "app:a2"],
      ["missing", "app:b"],
      ["different", "app:a"],
      ["extra", "app:z"],
    ]);
    expect(JSON.parse(JSON.stringify(found.items[1]))).toEqual({
      ...{ artifact: "app:b", kind: "missing", repository: "app", tag: "b", sourceRepository: "app", digest: "d" },
      ...{ since: "2026-01-01T00:00:00.000Z", reason: "failed", explanation: "task t failed", edge: "cn:sh" },
    });
    expect(found).toMatchObject({ replication: "cn", state: "drifted", behindSince: check.checkedAt, counts: { equal: 5, missing: 2 } });
  });

  it("keeps what a newer control plane says, in the words that it knows", () => {
    expect(driftItemDocument(item("a", 99 as wire.DriftKind, { reason: "brand-new" }))).toMatchObject({
      kind: "different",
      reason: "unknown",
      explanation: "task t failed",
    });
  });

  it("is unknown where one could not be compared, whatever the others are; drifted where one differs", () => {
    const equal = replicaDriftDocument(summary({ check }), []);
    const drifted = replicaDriftDocument(summary({ check: { ...check, extra: 1 } }), []);
    const blind = replicaDriftDocument(summary({ failure, subject: wire.DriftSubjectKind.RULE }), []);
    expect(blind).toMatchObject({ rule: "cn", state: "unknown", failure: { code: "CONNECTION_FAILED", side: "target" } });
    expect(blind.counts).toBeUndefined();
    const states = [[], [equal], [equal, drifted], [drifted, blind, equal]].map((replicas) => driftDocument("cn", replicas).status.state);
    expect(states).toEqual(["in-step", "in-step", "drifted", "unknown"]);
  });
});
