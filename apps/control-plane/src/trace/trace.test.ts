import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "../testing/fake-agent.ts";
import { apply, call, instance, rule, runToEnd, startTest, type TestControlPlane, until } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

const { HERE, DIFFERENT, MISSING, NOT_EXPECTED, UNREACHABLE } = wire.TracePlaceState;
const Leg = wire.TraceLegState;

describe("the trace of an image", () => {
  it("follows rules with their names mapped, forward and back, and tells who brought what", async () => {
    await using stage = await open();
    stage.world.push("gz", { "team/app:v1": 1 });
    await apply(stage.plane.client, { resources: [...INSTANCES, rule("r"), onward("r2", "sg", "mirror", "bj", "far")] });
    await runToEnd(stage.plane.client, "r");
    await runToEnd(stage.plane.client, "r2");
    for (const image of ["team/app:v1", "gz/team/app:v1", "sg.example/mirror/app:v1", "bj/far/app:v1"]) {
      const { places, legs, digest } = await trace(stage.plane, image);
      expect(digest).toBe(fakeDigest(1));
      expect(places.map(line)).toEqual([
        ["gz/team/app:v1", HERE, 0, "", ""],
        ["sg/mirror/app:v1", HERE, 1, "r", "a1"],
        ["bj/far/app:v1", HERE, 2, "r2", "a1"],
      ]);
      expect(places[2]?.from).toEqual({ instance: "sg", repository: "mirror/app", tag: "v1" });
      expect(places[2]?.taskId).toMatch(/^x/);
      expect(places[2]?.since).toMatch(/^20/);
      expect(legs.map(({ rule: by, state }) => [by, state])).toEqual([
        ["r", Leg.EQUAL],
        ["r2", Leg.EQUAL],
      ]);
    }
  });

  it("says why it is not there: not selected, disabled, failed, replaced, never there", async () => {
    await using stage = await open({
      work: (task, agent) => {
        if (task.target?.instance === "bj") return void agent.report(task, wire.TaskState.FAILED, { failure: DENIED });
        agent.succeed(task);
      },
    });
    stage.world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    const only = rule("only", { tags: { ...ANY, names: { include: ["v2"], exclude: [] } } });
    const off = rule("off", { enabled: false, targets: [{ instance: "bj", namespace: "off", repository: "", flatten: 0 }] });
    const fails = rule("fails", { targets: [{ instance: "bj", namespace: "bad", repository: "", flatten: 0 }] });
    const other = rule("other", { source: { instance: "gz", namespace: "other", repository: "", tag: "" } });
    await apply(stage.plane.client, { resources: [...INSTANCES, only, off, fails, other] });
    await runToEnd(stage.plane.client, "only");
    await runToEnd(stage.plane.client, "fails");
    stage.world.push("sg", { "mirror/app:v2": 9 });
    const v1 = await trace(stage.plane, "team/app:v1");
    expect(v1.legs.map(({ rule: by, state, reason }) => [by, state, reason])).toEqual([
      ["fails", Leg.MISSING, "failed"],
      ["off", Leg.DISABLED, "disabled"],
      ["only", Leg.NOT_SELECTED, "not-included"],
      ["other", Leg.NOT_SELECTED, "namespace"],
    ]);
    expect(v1.legs[0]).toMatchObject({ failure: { code: "DENIED" }, explanation: expect.stringContaining("pushing: 403") });
    expect(v1.places.map(line)).toEqual([
      ["gz/team/app:v1", HERE, 0, "", ""],
      ["bj/bad/app:v1", MISSING, 1, "", ""],
      ["bj/off/app:v1", NOT_EXPECTED, 1, "", ""],
    ]);
    const v2 = await trace(stage.plane, "gz/team/app:v2");
    expect(v2.legs.find((leg) => leg.rule === "only")).toMatchObject({ state: Leg.DIFFERENT, reason: "replaced" });
    expect(v2.places.find(({ place }) => place?.instance === "sg")).toMatchObject({ state: DIFFERENT, digest: fakeDigest(9), rule: "" });
  });

  it("expects it all the way down where it waits, and says how many wait before it", async () => {
    await using stage = await open({ work: () => undefined });
    stage.world.push("gz", Object.fromEntries(Array.from({ length: 7 }, (_, tag) => [`team/app:v${tag}`, tag])));
    await apply(stage.plane.client, { resources: [...INSTANCES, rule("r"), onward("r2", "sg", "mirror", "bj", "far")] });
    const { rules } = stage.plane.client;
    await call(stage.plane.client, rules, rules.runRule, { name: "r" });
    const { legs, places } = await until("the agent's four tasks", async () => {
      const found = await trace(stage.plane, "team/app:v6");
      return found.legs[0]?.explanation.includes("2 of its execution wait before it") && found;
    });
    expect(legs.map(({ state, reason }) => [state, reason])).toEqual([
      [Leg.MISSING, "waiting"],
      [Leg.NOTHING, ""],
    ]);
    expect(places.map(({ state }) => state)).toEqual([HERE, MISSING, MISSING]);
    const running = await trace(stage.plane, "team/app:v0");
    expect(running.legs[0]).toMatchObject({ reason: "running", explanation: expect.stringMatching(/^agent a1 has task x/) });
  });

  it("asks the source what a rule takes where names alone do not tell", async () => {
    await using stage = await open();
    stage.world.push("gz", { "team/app:1.0.0": 1, "team/app:2.0.0": 2 });
    await apply(stage.plane.client, { resources: [...INSTANCES, rule("r", { tags: TOP })] });
    const old = await trace(stage.plane, "team/app:1.0.0");
    expect(old.legs).toMatchObject([{ state: Leg.NOT_SELECTED, reason: "not-newest" }]);
    expect((await trace(stage.plane, "team/app:2.0.0")).legs).toMatchObject([{ state: Leg.MISSING, reason: "unknown" }]);
  });

  it("ends in circles, and traces a digest whatever its tags", async () => {
    const atGz = { repository: "team/app", tag: fakeDigest(1), digest: fakeDigest(1) };
    await using stage = await open({
      answer: ({ ask, access }) => {
        if (ask?.$case !== "resolveTags" || ask.value.tags[0]?.tag !== fakeDigest(1)) return undefined;
        return { $case: "tags", value: { tags: access?.instance === "gz" ? [atGz] : [] } };
      },
    });
    stage.world.push("gz", { "team/app:v1": 1 });
    await apply(stage.plane.client, {
      resources: [...INSTANCES, onward("there", "gz", "team", "sg", "team"), onward("back", "sg", "team", "gz", "team")],
    });
    expect((await trace(stage.plane, "team/app:v1")).places.map(line)).toEqual([
      ["gz/team/app:v1", HERE, 0, "", ""],
      ["sg/team/app:v1", MISSING, 1, "", ""],
    ]);
    const found = await trace(stage.plane, `team/app@${fakeDigest(1)}`);
    expect(found.places.map(({ place, state }) => [place?.instance, state])).toEqual([
      ["gz", HERE],
      ["sg", MISSING],
    ]);
  });

  it("tells an instance that cannot be asked from one that has nothing", async () => {
    const failure = { code: "CONNECTION_FAILED", side: wire.Side.UNSPECIFIED, message: "reaching sg: refused", hint: "", tried: "" };
    await using stage = await open({
      answer: ({ access }) => (access?.instance === "sg" ? { $case: "failure", value: failure } : undefined),
    });
    stage.world.push("gz", { "team/app:v1": 1 });
    await apply(stage.plane.client, { resources: [...INSTANCES, rule("r")] });
    const { places, legs, unasked } = await trace(stage.plane, "team/app:v1");
    expect(places[1]).toMatchObject({ state: UNREACHABLE, failure: { code: "CONNECTION_FAILED" } });
    expect(legs).toMatchObject([{ state: Leg.UNKNOWN }]);
    expect(unasked).toEqual([]);
    expect(await trace(stage.plane, "nobody/has:v1")).toMatchObject({ places: [], unasked: ["sg"] });
  });

  it("refuses what is no image, and says when nobody has it", async () => {
    await using stage = await open();
    await apply(stage.plane.client, { resources: [...INSTANCES, rule("r")] });
    await expect(trace(stage.plane, "team/app:v 1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(trace(stage.plane, "elsewhere.example:5000/app:v1")).rejects.toMatchObject({ code: "INVALID_ARGUMENT" });
    await expect(trace(stage.plane, "team/app:v1")).rejects.toMatchObject({ code: "NOT_FOUND" });
    await expect(trace(stage.plane, "sg/mirror/app:v1")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

const INSTANCES = ["gz", "sg", "bj"].map((name) => instance(name));
const DENIED = { code: "DENIED", side: wire.Side.TARGET, message: "pushing: 403", hint: "", tried: "" };
const ANY = { names: undefined, semver: "", prereleases: false, newest: 0, newestBy: "", pushedWithinMs: 0 };
const TOP = { ...ANY, newest: 1 };

function onward(name: string, from: string, namespace: string, to: string, there: string): wire.Resource {
  return rule(name, {
    source: { instance: from, namespace, repository: "", tag: "" },
    targets: [{ instance: to, namespace: there, repository: "", flatten: 0 }],
  });
}

async function open(more: Pick<FakeAgentOptions, "answer" | "work"> = {}) {
  const stack = new AsyncDisposableStack();
  const plane = stack.use(await startTest());
  const world = new World();
  const agent = stack.use(new FakeAgent({ address: plane.address, world, ...more }));
  await until("the welcome", () => agent.heardOf("welcome").length > 0);
  return { plane, world, [Symbol.asyncDispose]: () => stack.disposeAsync() };
}

function trace({ client }: TestControlPlane, image: string): Promise<wire.TraceImageResponse> {
  return call(client, client.trace, client.trace.traceImage, { image });
}

function line({ place, state, depth, rule: by, agent }: wire.TracePlace) {
  return [`${place?.instance}/${place?.repository}:${place?.tag}`, state, depth, by, agent];
}
