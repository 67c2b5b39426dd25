import { createHmac } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { type Received, startReceiver } from "../testing/receiver.ts";
import { apply, call, instance, rule, runToEnd, startTest, type TestControlPlane, until, webhook } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

const SECRET = "canary-0123456789";
const LISTING_FAILED = { code: "UNAUTHORIZED", side: wire.Side.UNSPECIFIED, message: "listing gz: 401", hint: "h", tried: "" };
const topology = [instance("gz"), instance("sg"), rule("r")];

const changes = (resources: wire.Resource[], more: Partial<wire.ApplyRequest> = {}) => ({
  resources,
  deletes: [],
  prune: false,
  dryRun: false,
  ...more,
});

/** An agent whose every listing fails. */
async function failingAgent(plane: TestControlPlane): Promise<FakeAgent> {
  const agent = new FakeAgent({
    address: plane.address,
    world: new World(),
    answer: ({ ask }) => (ask?.$case === "listTags" ? { $case: "failure", value: LISTING_FAILED } : undefined),
  });
  await welcome(agent);
  return agent;
}

async function welcome(agent: FakeAgent): Promise<void> {
  await until("the welcome", () => agent.heardOf("welcome").length > 0);
}

/** What a receiver that has the secret reads. Throws where the signature is not right. */
function verified({ headers, body }: Received) {
  const [, seconds, signature] = /^t=(\d+),v1=(\w+)$/.exec(String(headers["transship-signature"])) ?? [];
  expect(signature).toBe(createHmac("sha256", SECRET).update(`${seconds}.${body}`).digest("hex"));
  return JSON.parse(body) as { id: string; type: string; subject: string; data: Record<string, unknown> };
}

const get = ({ client }: TestControlPlane, name = "w") => call(client, client.webhooks, client.webhooks.getWebhook, { name });
const test = ({ client }: TestControlPlane, name = "w") => call(client, client.webhooks, client.webhooks.testWebhook, { name });

describe("webhooks", () => {
  it("are told of executions that end, each of what it asked for", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    const hooks = [webhook("w", `${receiver.url}?w`), webhook("bad", `${receiver.url}?bad`, { events: ["execution.failed"] })];
    const others = [webhook("other", `${receiver.url}?other`, { rules: ["another"] }), webhook("off", receiver.url, { enabled: false })];
    await apply(plane.client, { resources: [...topology, ...hooks, ...others] });
    {
      using agent = new FakeAgent({ address: plane.address, world });
      await welcome(agent);
      await runToEnd(plane.client);
    }
    await until("the event", () => receiver.got.length === 1);
    expect(verified(receiver.got[0] as Received)).toMatchObject({
      type: "dev.transship.execution.succeeded",
      data: { kind: "Execution", metadata: { rule: "r" }, status: { state: "succeeded", tasks: { succeeded: 1 } } },
    });
    using _failing = await failingAgent(plane);
    const end = await runToEnd(plane.client);
    await until("both events", () => receiver.got.length === 3);
    const told = receiver.got.slice(1).map(verified);
    expect(told[0]).toEqual(told[1]);
    expect(told[0]).toMatchObject({ type: "dev.transship.execution.failed", subject: `executions/${end.id}` });
    expect(told[0]?.data).toMatchObject({ status: { failures: [{ code: "UNAUTHORIZED", side: "source", attempts: 1 }] } });
    expect(receiver.got.map(({ path }) => path.slice(5)).sort()).toEqual(["?bad", "?w", "?w"]);
    expect(await until("the state", async () => (await get(plane)).waiting === 0 && get(plane))).toMatchObject({
      givenUp: 0,
      failedAt: "",
    });
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(metrics).toContain('transship_webhook_deliveries_total{webhook="w",result="delivered"} 2');
    expect(metrics).toContain('transship_webhook_deliveries_waiting{webhook="w"} 0');
  });

  it("hear it once they are back, also after the control plane started again", async () => {
    const directory = await mkdtemp(join(tmpdir(), "transship-"));
    try {
      const closed = await startReceiver();
      await closed[Symbol.asyncDispose]();
      {
        await using plane = await startTest({ store: { directory } });
        await apply(plane.client, { resources: [...topology, webhook("w", closed.url)] });
        using _agent = await failingAgent(plane);
        await runToEnd(plane.client);
        await runToEnd(plane.client);
        const state = await until("the failed attempt", async () => (await get(plane)).failedAt !== "" && get(plane));
        expect(state).toMatchObject({ waiting: 2, deliveredAt: "", failure: { code: "CONNECTION_FAILED" } });
      }
      await using receiver = await startReceiver(closed.port);
      await using plane = await startTest({ store: { directory } });
      await until("the events", () => receiver.got.length === 2, 15_000);
      const [first, second] = receiver.got.map(verified);
      expect(String(first?.subject) < String(second?.subject)).toBe(true);
      const state = await until("the state", async () => (await get(plane)).waiting === 0 && get(plane));
      expect(state.deliveredAt > state.failedAt).toBe(true);
    } finally {
      await rm(directory, { recursive: true });
    }
  }, 30_000);

  it("get the same event again, after a pause, when they did not take it", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    receiver.reply = { status: 503 };
    await apply(plane.client, { resources: [...topology, webhook("w", receiver.url)] });
    using _agent = await failingAgent(plane);
    await runToEnd(plane.client);
    await until("the refusal", async () => (await get(plane)).failedAt !== "");
    receiver.reply = { status: 200 };
    await until("the arrival", async () => (await get(plane)).deliveredAt !== "", 15_000);
    expect(receiver.got).toHaveLength(2);
    expect(receiver.got[0]?.body).toBe(receiver.got[1]?.body);
  }, 20_000);

  it("that refuse an event for good hear the next one at once", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    receiver.reply = { status: 422 };
    await apply(plane.client, { resources: [...topology, webhook("w", receiver.url)] });
    using _agent = await failingAgent(plane);
    await runToEnd(plane.client);
    await until("the refusal", async () => (await get(plane)).givenUp === 1);
    receiver.reply = { status: 200 };
    await runToEnd(plane.client);
    await until("the arrival", async () => (await get(plane)).deliveredAt !== "");
    expect(await get(plane)).toMatchObject({ waiting: 0, givenUp: 1, failure: { code: "RECEIVER_FAILED" } });
  });

  it("are told once of an agent that stays away, and not of one that was drained", async () => {
    await using plane = await startTest({ agentLostMs: 200 });
    await using receiver = await startReceiver();
    await apply(plane.client, { resources: [...topology, webhook("w", receiver.url)] });
    const options = { address: plane.address, world: new World() };
    const agents = ["gone", "drained"].map((name) => new FakeAgent({ ...options, name }));
    await Promise.all(agents.map(welcome));
    await call(plane.client, plane.client.agents, plane.client.agents.drainAgent, { name: "drained", now: false });
    for (const agent of agents) agent[Symbol.dispose]();
    await until("the event", () => receiver.got.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(receiver.got.map(verified)).toMatchObject([
      { type: "dev.transship.agent.lost", subject: "agents/gone", data: { agent: "gone", region: "here" } },
    ]);
    {
      using back = new FakeAgent({ ...options, name: "gone" });
      await welcome(back);
    }
    await until("the second loss", () => receiver.got.length === 2);
  });

  it("can be tested, and say why it failed", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    const guarded = webhook("guarded", receiver.url, { allowPrivate: false });
    await apply(plane.client, { resources: [webhook("w", receiver.url, { enabled: false }), guarded] });
    expect((await test(plane)).failure).toBeUndefined();
    expect(verified(receiver.got[0] as Received)).toMatchObject({ type: "dev.transship.webhook.test", data: { webhook: "w" } });
    expect(await test(plane, "guarded")).toMatchObject({ failure: { code: "ADDRESS_REFUSED" } });
    expect(receiver.got).toHaveLength(1);
    await expect(test(plane, "absent")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("are applied, compared and deleted like other documents; a secret is kept, and not for another URL", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    const outcomes = async (request: Partial<wire.ApplyRequest>) =>
      (await apply(plane.client, { resources: [], ...request })).changes.map(({ outcome }) => outcome);
    const { CREATED, UNCHANGED, CONFIGURED, DELETED } = wire.AppliedChange_Outcome;
    expect(await outcomes({ resources: [webhook("w", receiver.url)] })).toEqual([CREATED]);
    const kept = webhook("w", receiver.url, { secret: "" });
    expect(await outcomes({ resources: [kept], dryRun: true })).toEqual([UNCHANGED]);
    expect(await outcomes({ resources: [webhook("w", receiver.url, { secret: "", events: ["agent.lost"] })] })).toEqual([CONFIGURED]);
    await expect(apply(plane.client, changes([webhook("w", "https://elsewhere.test/", { secret: "" })]))).rejects.toMatchObject({
      code: "INVALID_ARGUMENT",
    });
    expect((await test(plane)).failure).toBeUndefined();
    verified(receiver.got[0] as Received);
    expect(await outcomes({ deletes: [{ kind: "Webhook", name: "w" }] })).toEqual([DELETED]);
    await expect(get(plane)).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("keep their secret: it is in no answer, log or metric", async () => {
    await using plane = await startTest();
    await using receiver = await startReceiver();
    const bad = webhook("bad", "http://absent.invalid/");
    await apply(plane.client, { resources: [...topology, webhook("w", receiver.url), bad] });
    using _agent = await failingAgent(plane);
    await runToEnd(plane.client);
    await until("an end", async () => (await get(plane)).deliveredAt !== "");
    const { client } = plane;
    const shown = [
      await get(plane),
      await call(client, client.webhooks, client.webhooks.listWebhooks, {}),
      await test(plane, "bad"),
      await apply(client, { resources: [webhook("w", "ftp://wrong")] }).catch((thrown: unknown) => JSON.stringify(thrown)),
    ];
    const metrics = await (await fetch(`http://${plane.httpAddress}/metrics`)).text();
    expect(shown[1]).toMatchObject({ webhooks: [{ resource: { name: "bad" } }, { resource: { name: "w" } }] });
    expect(plane.logged.length).toBeGreaterThan(0);
    expect(JSON.stringify([shown, plane.logged, metrics])).not.toContain("canary");
    expect(JSON.stringify(receiver.got)).not.toContain("canary");
  });
});
