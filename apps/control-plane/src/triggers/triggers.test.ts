import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, execution, instance, rule, run, startTest, type TestControlPlane, until } from "../testing/test-control-plane.ts";
import { fakeDigest, World } from "../testing/world.ts";

const SECRET = "Bearer canary-s3cret";
const webhook = { header: "Authorization", secret: SECRET };
const events = (more: Partial<wire.Triggers> = {}) => ({ triggers: { events: true, pollMs: 0, ...more } });
const DISTRIBUTION = "application/vnd.docker.distribution.events.v2+json";

function pushed(repository: string, tag: string, seed: number, useragent = "docker/27"): object {
  const target = { mediaType: "application/vnd.oci.image.manifest.v1+json", repository, tag, digest: fakeDigest(seed) };
  return { action: "push", target, request: { useragent } };
}

function post(plane: TestControlPlane, name: string, body: string, headers: Record<string, string> = {}): Promise<Response> {
  const all = { authorization: SECRET, "content-type": DISTRIBUTION, ...headers };
  return fetch(`http://${plane.httpAddress}/webhooks/${name}`, { method: "POST", body, headers: all });
}

const tell = (plane: TestControlPlane, ...list: object[]) => post(plane, "gz", JSON.stringify({ events: list }));

async function executions(plane: TestControlPlane, name = ""): Promise<wire.Execution[]> {
  const request = { rule: name, state: wire.ExecutionState.UNSPECIFIED, pageSize: 0, pageToken: "" };
  const list = await call(plane.client, plane.client.executions, plane.client.executions.listExecutions, request);
  return Promise.all(list.executions.map(({ id }) => execution(plane.client, id)));
}

const ended = async (plane: TestControlPlane, count: number) =>
  until(
    `${count} executions`,
    async () => {
      const all = await executions(plane);
      return all.length === count && all.every(({ state }) => state >= wire.ExecutionState.SUCCEEDED) && all;
    },
    20_000,
  );

describe("an event of a registry", () => {
  it("copies just what it names, and what is there now, not what it says", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/web:v1": 3 });
    using agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg"), rule("r", events())] });
    setTimeout(() => world.push("gz", { "team/app:v3": 3 }), 400);
    const answer = await tell(
      plane,
      pushed("team/app", "v2", 77),
      pushed("team/app", "v3", 3),
      pushed("team/app", "gone", 9),
      pushed("elsewhere/app", "v1", 1),
    );
    expect([answer.status, await answer.json()]).toEqual([202, { events: 4, hints: 4 }]);
    const [only] = await ended(plane, 1);
    expect(only).toMatchObject({
      trigger: "event",
      scoped: true,
      scope: ["team/app:gone", "team/app:v2", "team/app:v3"],
      tasks: { total: 2, succeeded: 2 },
    });
    // The registry told of v3 before it wrote the tag; v2 moved on since.
    expect(new Map(world.at("sg"))).toEqual(
      new Map([
        ["mirror/app:v3", fakeDigest(3)],
        ["mirror/app:v2", fakeDigest(2)],
      ]),
    );
    expect(agent.assignments).toHaveLength(2);
    const shown = await call(plane.client, plane.client.rules, plane.client.rules.getRule, { name: "r" });
    expect(shown.triggers).toMatchObject({ lastEvent: "team/app:gone", lastFullRunAt: "" });
    expect(Date.parse(shown.triggers?.nextPollAt ?? "") - Date.parse(shown.createdAt)).toBe(6 * 3_600_000);
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_events_total{instance="gz",action="push",result="followed"} 3');
    expect(metrics).toContain('transship_events_total{instance="gz",action="push",result="unmatched"} 1');
    expect(JSON.stringify([shown, plane.logged, metrics])).not.toContain("canary-s3cret");
  });

  it("starts a run at once; what comes while it runs is gathered into one that waits", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2, "team/app:v3": 3 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => void (held.length < 1 ? held.push(task) : self.succeed(task)),
    });
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg"), rule("r", events())] });
    await tell(plane, pushed("team/app", "v1", 1));
    const first = await until("the first task", () => held[0]);
    await tell(plane, pushed("team/app", "v2", 2));
    await tell(plane, pushed("team/app", "v2", 2));
    await tell(plane, pushed("team/app", "v3", 3));
    agent.succeed(first);
    const [second] = await ended(plane, 2);
    expect(second).toMatchObject({ scope: ["team/app:v2", "team/app:v3"], tasks: { total: 2, succeeded: 2 } });
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_events_total{instance="gz",action="push",result="repeated"} 1');
  });

  it("is swallowed by a run of everything that waits", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    const held: wire.Assignment[] = [];
    using agent = new FakeAgent({
      address: plane.address,
      world,
      work: (task, self) => void (held.length < 1 ? held.push(task) : self.succeed(task)),
    });
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg"), rule("r", events())] });
    await tell(plane, pushed("team/app", "v1", 1));
    const first = await until("the first task", () => held[0]);
    await run(plane.client);
    await tell(plane, pushed("team/app", "v2", 2));
    agent.succeed(first);
    const [second] = await ended(plane, 2);
    expect(second).toMatchObject({ trigger: "manual", scoped: false, tasks: { total: 1 }, unchanged: 1 });
  });

  it("of our own agents, of a pull, or for a rule without events starts nothing", async () => {
    await using plane = await startTest();
    const resources = [
      instance("gz", { webhook }),
      instance("sg"),
      rule("r", events()),
      rule("s"),
      rule("off", { ...events(), enabled: false }),
    ];
    await apply(plane.client, { resources });
    const pull = { ...pushed("team/app", "v1", 1), action: "pull" };
    expect((await tell(plane, pull, pushed("team/app", "v1", 1, "transship-agent/0.1.0"))).status).toBe(202);
    expect((await tell(plane, { ...pushed("team/app", "v1", 1), action: "delete" })).status).toBe(202);
    expect(await executions(plane)).toEqual([]);
  });

  it("reads the whole repository for rules that choose by more than names, and for signatures", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app.x:v1": 1 });
    const asked: wire.ListTags[] = [];
    using _agent = new FakeAgent({
      address: plane.address,
      world,
      answer: ({ ask }) => {
        if (ask?.$case === "listTags") asked.push(ask.value);
        return undefined;
      },
    });
    const tags = { names: undefined, semver: "", prereleases: false, newest: 3, newestBy: "", pushedWithinMs: 0 };
    const newest = rule("r", { ...events(), tags });
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg"), newest, rule("s", events())] });
    await tell(plane, pushed("team/app.x", "v1", 1));
    await tell(plane, pushed("team/app.x", `sha256-${"a".repeat(64)}.sig`, 2));
    await until("the listings", () => asked.length >= 2);
    expect(new Set(asked.map(({ namespace, repository }) => `${namespace}/${repository}`))).toEqual(new Set(["team/app\\.x"]));
  });
});

describe("POST /webhooks/{instance}", () => {
  it("answers alike to a wrong secret, an instance without one, and none", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg")] });
    const body = JSON.stringify({ events: [pushed("team/app", "v1", 1)] });
    const answers = await Promise.all([
      post(plane, "gz", body, { authorization: "Bearer wrong" }),
      post(plane, "sg", body),
      post(plane, "nowhere", body),
      post(plane, "..%2Fgz", body),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(new Set(await Promise.all(answers.map((answer) => answer.text()))).size).toBe(1);
    expect((await fetch(`http://${plane.httpAddress}/webhooks/gz`)).status).toBe(405);
    expect((await fetch(`http://${plane.httpAddress}/webhooks/`, { method: "POST" })).status).toBe(404);
  });

  it("refuses what is too large, unreadable or too much", async () => {
    await using plane = await startTest();
    await apply(plane.client, { resources: [instance("gz", { webhook }), instance("sg")] });
    expect((await post(plane, "gz", "x".repeat(1024 * 1024 + 1))).status).toBe(413);
    expect((await post(plane, "gz", "{")).status).toBe(400);
    expect((await post(plane, "gz", JSON.stringify({ hello: 1 }))).status).toBe(400);
    let refused = 0;
    for (let turn = 0; turn < 200 && refused === 0; turn++) {
      const answer = await post(plane, "gz", "{", { authorization: "guess" });
      if (answer.status === 429) refused += 1;
      await answer.arrayBuffer();
    }
    expect(refused).toBe(1);
  });
});

describe("an arrival", () => {
  it("starts the rules that begin where it arrived; rules that face each other come to rest", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world });
    const place = (name: string, namespace = "team") => ({ instance: name, namespace, repository: "", tag: "" });
    const target = (name: string) => ({ ...place(name), flatten: 0 });
    const resources = [
      ...[instance("gz", { webhook }), instance("sg"), instance("bj")],
      rule("there", { ...events(), source: place("gz"), targets: [target("sg")] }),
      rule("back", { ...events(), source: place("sg"), targets: [target("gz")] }),
      rule("on", { ...events(), source: place("sg"), targets: [target("bj")] }),
    ];
    await apply(plane.client, { resources });
    await tell(plane, pushed("team/app", "v1", 1));
    // `there` copies, `on` copies what arrived, `back` finds it unchanged; what arrived in bj starts nothing.
    const all = await ended(plane, 3);
    expect(all.map(({ rule: name, trigger, tasks, unchanged }) => [name, trigger, tasks?.total, unchanged]).sort()).toEqual([
      ["back", "cascade", 0, 1],
      ["on", "cascade", 1, 0],
      ["there", "event", 1, 0],
    ]);
    expect(world.at("bj").get("team/app:v1")).toBe(fakeDigest(1));
    expect(agent.assignments).toHaveLength(2);
  });
});

describe("the clock", () => {
  const every = (cron: string) => ({
    triggers: { events: false, pollMs: 0, schedule: { cron, timeZone: "Asia/Shanghai", missed: "run" } },
  });

  it("starts a rule by its schedule, and tells the next five moments", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", every("* * * * * *"))] });
    const [first] = await until("two runs", async () => {
      const all = await executions(plane);
      return all.length >= 2 && all.reverse();
    });
    expect(first).toMatchObject({ trigger: "schedule", scoped: false, tasks: { total: 1 } });
    await apply(plane.client, { resources: [rule("r", every("0 2 * * *"))] });
    const shown = await call(plane.client, plane.client.rules, plane.client.rules.getRule, { name: "r" });
    expect(shown.triggers?.nextRuns.map((moment) => moment.slice(10))).toEqual(Array(5).fill("T18:00:00.000Z"));
    const disabled = await call(plane.client, plane.client.rules, plane.client.rules.setRuleEnabled, { name: "r", enabled: false });
    expect(disabled.triggers?.nextRuns).toEqual([]);
  });

  it("looks at everything again where the last time was too long ago", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using _agent = new FakeAgent({ address: plane.address, world });
    await apply(plane.client, { resources: [instance("gz"), instance("sg"), rule("r", events({ pollMs: 1500 }))] });
    const [first] = await until("a poll", async () => {
      const all = await executions(plane);
      return all.length > 0 && all;
    });
    expect(first).toMatchObject({ trigger: "poll", scoped: false });
  });
});
