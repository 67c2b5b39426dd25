import { driftItemFromMessage, fromServiceError, wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import { apply, call, instance, rule, runToEnd, startTest, type TestControlPlane, until, webhook } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

describe("drift of a replication", () => {
  it("is nothing where replicas have what the primary has; asks for names only beyond one look-up a tag and side", async () => {
    await using stage = await tree({});
    stage.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/web:v1": 3 });
    for (const replica of ["sh", "bj"]) stage.push(replica, { "team/app:v1": 1, "team/app:v2": 2, "team/web:v1": 3 });
    const { items, summaries } = await drift(stage.plane, "tree");
    expect(items).toEqual([]);
    expect(summaries.map(brief)).toEqual([
      ["sh", "tree:sh", 3, 0, 0, 0, ""],
      ["bj", "tree:bj", 3, 0, 0, 0, ""],
    ]);
    // One listing of the primary for both replicas; of a replica one look-up of what the primary has, and its names.
    expect(stage.asked).toEqual({ "gz listTags": 1, "sh resolveTags": 1, "bj resolveTags": 1, "sh listTags": 1, "bj listTags": 1 });
  });

  it("names what is missing, different and extra, with the edge on the way that is the reason", async () => {
    await using stage = await tree({});
    stage.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
    stage.push("sh", { "team/app:v1": 1, "team/app:v2": 9, "own/tool:v1": 7 });
    stage.push("bj", { "team/app:v2": 9, "team/app:v3": 3 });
    const { items, summaries } = await drift(stage.plane, "tree");
    expect(items.map(line)).toEqual([
      ["sh", "different", "team/app:v2", "tree:sh", "disabled"],
      ["sh", "missing", "team/app:v3", "tree:sh", "disabled"],
      ["bj", "missing", "team/app:v1", "tree:bj", "disabled"],
      ["bj", "different", "team/app:v2", "tree:sh", "disabled"],
      ["sh", "extra", "own/tool:v1", "tree:sh", "stranger"],
    ]);
    expect(items[0]).toMatchObject({ digest: fakeDigest(2), atReplica: fakeDigest(9) });
    expect(items[3]?.explanation).toMatch(/^sh does not have it either: /);
    expect(summaries.map(brief)).toEqual([
      ["sh", "tree:sh", 1, 1, 1, 1, items[0]?.since],
      ["bj", "tree:bj", 1, 1, 1, 0, items[2]?.since],
    ]);
  });

  it("keeps since when over checks, as long as the tag is behind, and tells webhooks of what is new only", async () => {
    let now = Date.parse("2026-01-01T00:00:00.000Z");
    await using stage = await tree({ now: () => new Date(now) });
    await apply(stage.plane.client, { resources: [webhook("w", "http://127.0.0.1:9/", { events: ["drift.found"] })] });
    stage.push("gz", { "team/app:v1": 1 });
    stage.push("bj", { "team/app:v1": 1 });
    const first = await drift(stage.plane, "tree");
    now += 60_000;
    stage.push("gz", { "team/app:v1": 2 });
    stage.push("sh", { "team/app:v1": 1 });
    const second = await drift(stage.plane, "tree");
    expect(second.items.map((item) => [item.replica, item.kind, item.since])).toEqual([
      ["sh", wire.DriftKind.DIFFERENT, first.items[0]?.since],
      ["bj", wire.DriftKind.DIFFERENT, "2026-01-01T00:01:00.000Z"],
    ]);
    const again = await drift(stage.plane, "tree");
    expect(again.items).toEqual(second.items);
    const { webhooks } = stage.plane.client;
    const { webhooks: told } = await call(stage.plane.client, webhooks, webhooks.listWebhooks, {});
    expect(told[0]?.waiting).toBe(2);
    const text = await (await fetch(`http://${stage.plane.httpAddress}/metrics`)).text();
    expect(text).toContain(`transship_drift_items{subject="replication",name="tree",replica="sh",kind="different"} 1`);
    const edges = (await describeTree(stage.plane)).edges;
    expect(edges.map((edge) => edge.drift?.different)).toEqual([1, 1]);
  });

  it("answers from the last check where that is young enough, and asks nobody", async () => {
    await using stage = await tree({});
    stage.push("gz", { "team/app:v1": 1 });
    const first = await drift(stage.plane, "tree");
    const asked = { ...stage.asked };
    const again = await drift(stage.plane, "tree", 60_000);
    expect(stage.asked).toEqual(asked);
    expect(again.items).toEqual(first.items);
    expect(again.summaries).toEqual(first.summaries.map((summary) => ({ ...summary, remembered: true })));
  });

  it("says nothing of a replica that cannot be asked, and all of the others", async () => {
    const failure = { code: "CONNECTION_FAILED", side: wire.Side.UNSPECIFIED, message: "reaching sh: refused", hint: "", tried: "" };
    await using stage = await tree({
      answer: ({ access }) => (access?.instance === "sh" ? { $case: "failure", value: failure } : undefined),
    });
    stage.push("gz", { "team/app:v1": 1 });
    const { items, summaries } = await drift(stage.plane, "tree");
    expect(items.map(line)).toEqual([["bj", "missing", "team/app:v1", "tree:bj", "disabled"]]);
    expect(summaries).toMatchObject([
      { replica: "sh", failure: { code: "CONNECTION_FAILED", side: wire.Side.TARGET } },
      { replica: "bj", check: { missing: 1 } },
    ]);
    expect(summaries[0]?.check).toBeUndefined();
    expect((await describeTree(stage.plane)).edges.map((edge) => edge.drift !== undefined)).toEqual([false, true]);
  });

  it.each(["listTags", "listNames"] as const)("never says that nothing differs where %s of the primary fails", async (question) => {
    const failure = { code: "REGISTRY_FAILED", side: wire.Side.UNSPECIFIED, message: "listing gz: 500", hint: "", tried: "" };
    let fired = 0;
    await using stage = await tree({
      answer: ({ ask, access }) => {
        if (ask?.$case !== question || access?.instance !== "gz") return undefined;
        fired += 1;
        return { $case: "failure", value: failure };
      },
    });
    for (const name of ["sh", "bj"]) stage.push(name, { "team/app:v1": 1 });
    const { items, summaries } = await drift(stage.plane, "tree");
    expect(items).toEqual([]);
    expect(fired).toBeGreaterThan(0);
    expect(summaries.map(({ check, failure: why }) => [check, why?.code, why?.side])).toEqual([
      [undefined, "REGISTRY_FAILED", wire.Side.SOURCE],
      [undefined, "REGISTRY_FAILED", wire.Side.SOURCE],
    ]);
  });

  it("looks for what is extra only where it knows of repositories, and says so, where a replica offers no catalogue", async () => {
    const failure = { code: "UNSUPPORTED", side: wire.Side.UNSPECIFIED, message: "no catalogue", hint: "", tried: "" };
    await using stage = await tree({
      answer: ({ ask, access }) =>
        ask?.$case === "listTags" && access?.instance === "sh" ? { $case: "failure", value: failure } : undefined,
    });
    for (const name of ["gz", "sh", "bj"]) stage.push(name, { "team/app:v1": 1 });
    stage.push("sh", { "team/app:own": 2, "own/tool:v1": 3 });
    const { items, summaries } = await drift(stage.plane, "tree");
    expect(items.map(line)).toEqual([["sh", "extra", "team/app:own", "tree:sh", "stranger"]]);
    expect(summaries.map(({ check, extraLimited }) => [check?.extra, extraLimited])).toEqual([
      [1, true],
      [0, false],
    ]);
  });

  it("is refused for a name that nothing has", async () => {
    await using stage = await tree({});
    await expect(drift(stage.plane, "trees")).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: expect.stringContaining("did you mean tree?"),
    });
  });
});

describe("drift of a rule", () => {
  it("compares under the target's names, and knows what the rule brought and what became of it", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3, "other/app:v1": 5 });
    world.push("sg", { "mirror/stranger:v1": 8 });
    using agent = new FakeAgent({ address: plane.address, world });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client);
    await runToEnd(plane.client);
    expect((await drift(plane, "r")).items).toEqual([]);
    world.at("sg").delete("mirror/app:v1");
    world.push("sg", { "mirror/app:v2": 9 });
    world.at("gz").delete("team/app:v3");
    world.push("gz", { "team/app:v4": 4 });
    const { items, summaries } = await drift(plane, "r");
    expect(items.map(line)).toEqual([
      ["sg", "missing", "mirror/app:v1", "r", "removed"],
      ["sg", "different", "mirror/app:v2", "r", "replaced"],
      ["sg", "missing", "mirror/app:v4", "r", "unknown"],
      ["sg", "extra", "mirror/app:v3", "r", "brought"],
    ]);
    expect(items[0]?.taskId).toMatch(/^x/);
    expect(items[3]?.explanation).toMatch(/^r brought it at .*, and its source has it no more; r does not delete$/);
    expect(summaries.map(brief)).toEqual([["sg", "r", 0, 2, 1, 1, items[0]?.since]]);
  });

  it("names the task that failed, and the rule that never overwrites", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    world.push("sg", { "mirror/app:v2": 9 });
    const failure = { code: "DENIED", side: wire.Side.TARGET, message: "pushing: 403", hint: "", tried: "" };
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => void self.report(task, wire.TaskState.FAILED, { failure }),
    });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", { overwrite: wire.Overwrite.NEVER })] });
    await runToEnd(plane.client);
    const { items } = await drift(plane, "r");
    expect(items.map(line)).toEqual([
      ["sg", "missing", "mirror/app:v1", "r", "failed"],
      ["sg", "different", "mirror/app:v2", "r", "kept"],
    ]);
    expect(items[0]).toMatchObject({
      code: "DENIED",
      taskId: expect.stringMatching(/^x/),
      explanation: expect.stringContaining("pushing: 403"),
    });
  });
});

/** A control plane with a disabled tree gz → sh → bj, which does nothing by itself, and an agent in a world that counts its questions. */
async function tree(more: Pick<FakeAgentOptions, "answer"> & { readonly now?: () => Date }) {
  const stack = new AsyncDisposableStack();
  const plane = stack.use(await startTest(more.now === undefined ? {} : { now: more.now }));
  const world = new World();
  const asked: Record<string, number> = {};
  const agent = stack.use(
    new FakeAgent({
      address: plane.address,
      world,
      answer: (question, self) => {
        const key = `${question.access?.instance} ${question.ask?.$case}`;
        asked[key] = (asked[key] ?? 0) + 1;
        return more.answer?.(question, self);
      },
    }),
  );
  await until("the welcome", () => agent.heardOf("welcome").length > 0);
  const spec = {
    description: "",
    primary: "gz",
    edges: [
      { from: "gz", to: "sh" },
      { from: "sh", to: "bj" },
    ],
    sweepMs: 0,
    priority: 0,
    consent: [],
    enabled: false,
  };
  await apply(plane.client, {
    resources: [
      ...["gz", "sh", "bj"].map((name) => instance(name)),
      { kind: { $case: "replication", value: { name: "tree", labels: {}, spec } } },
    ],
  });
  return {
    plane,
    asked,
    push: (name: string, tags: Readonly<Record<string, number>>) => world.push(name, tags),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function drift(plane: TestControlPlane, name: string, maxAgeMs = 0) {
  const items: wire.DriftItem[] = [];
  const summaries: wire.DriftSummary[] = [];
  const request = { name, kind: wire.DriftSubjectKind.UNSPECIFIED, maxAgeMs };
  try {
    for await (const { event } of plane.client.drift.checkDrift(request, plane.client.metadata) as AsyncIterable<wire.DriftEvent>) {
      if (event?.$case === "item") items.push(event.value);
      if (event?.$case === "summary") summaries.push(event.value);
    }
  } catch (thrown) {
    throw fromServiceError(thrown, "comparing");
  }
  return { items, summaries };
}

function describeTree({ client }: TestControlPlane): Promise<wire.Replication> {
  return call(client, client.replications, client.replications.getReplication, { name: "tree" });
}

function line(message: wire.DriftItem) {
  const { kind, repository, tag, edge, reason } = driftItemFromMessage(message);
  return [message.replica, kind, `${repository}:${tag}`, edge, reason];
}

function brief({ replica, edge, check }: wire.DriftSummary) {
  return [replica, edge, check?.equal, check?.missing, check?.different, check?.extra, check?.behindSince];
}
