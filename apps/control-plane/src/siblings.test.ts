import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, instance, rule, run, runToEnd, startTest, until } from "./testing/test-control-plane.ts";
import { fakeDigest, World } from "./testing/world.ts";

const idle = () => undefined;
const credential = { username: "robot", password: "the sibling's secret" };
const to = (...names: string[]) => names.map((name) => ({ instance: name, namespace: "mirror", repository: "", flatten: 0 }));
const asia = { region: "asia" };

describe("the siblings of an assignment", () => {
  it("are such as the agent has tasks for, where rules make them relatives, with access to them; nothing of it is logged", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world, work: idle });
    const hidden = [{ url: "https://hidden.example", network: "idc", address: "", ca: "" }];
    await apply(plane.client, {
      resources: [
        instance("gz"),
        instance("sg", { credential }),
        instance("fra", { credential }),
        instance("hidden", { endpoints: hidden }),
        instance("theirs", { account: "other" }),
        rule("r", { targets: to("sg", "fra") }),
        rule("also", { targets: to("hidden", "theirs"), consent: [{ account: "other", by: "its owner" }] }),
      ],
    });
    const id = (await run(plane.client)).execution?.id ?? "";

    const both = await until("both tasks", () => agent.assignments.length === 2 && agent.assignments);

    const [first, second] = both;
    expect(first?.siblings).toEqual([]);
    const name = first?.target?.instance ?? "";
    expect(second?.siblings).toMatchObject([{ instance: name, endpoint: { url: `https://${name}.example` }, credential }]);
    expect(both.flatMap(({ holdings }) => holdings)).toEqual([]);
    expect(new Set(both.map(({ executionId }) => executionId))).toEqual(new Set([id]));
    expect(JSON.stringify(plane.logged)).not.toContain(credential.password);
  });

  it("are those that another agent brought the artifact to, with its repository and access; then those that have others of its repository", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    // In one region, so the agent of either is near both; only the first one is there for the first run.
    const first = new FakeAgent({ address: plane.address, world, name: "first", ...asia });
    await apply(plane.client, {
      resources: [
        instance("gz"),
        instance("sg", { ...asia, credential }),
        instance("jkt", asia),
        rule("to-sg", { targets: to("sg") }),
        rule("to-jkt", { targets: to("jkt") }),
      ],
    });
    await runToEnd(plane.client, "to-sg");
    expect(first.assignments.map(({ holdings }) => holdings)).toEqual([[]]);
    first[Symbol.dispose]();

    using other = new FakeAgent({ address: plane.address, world, name: "other", ...asia });
    await until("the other agent", () => other.heard.length > 0 || other.ended);
    await runToEnd(plane.client, "to-jkt");
    world.push("gz", { "team/app:v2": 2, "team/new:v1": 3 });
    await runToEnd(plane.client, "to-jkt");

    const found = new Map(other.assignments.map((one) => [one.digest, one]));
    const holdings = [{ instance: "sg", repository: "mirror/app" }];
    expect(found.get(fakeDigest(1))).toMatchObject({ siblings: [{ instance: "sg", credential }], holdings });
    expect(found.get(fakeDigest(2))).toMatchObject({ siblings: [{ instance: "sg", credential }], holdings });
    expect(found.get(fakeDigest(3))).toMatchObject({ siblings: [], holdings: [] });
    expect(JSON.stringify(plane.logged)).not.toContain(credential.password);
  });
});
