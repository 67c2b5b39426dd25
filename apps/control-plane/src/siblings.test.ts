import { describe, expect, it } from "vitest";
import { FakeAgent } from "./testing/fake-agent.ts";
import { apply, instance, rule, run, startTest, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const idle = () => undefined;
const credential = { username: "robot", password: "the sibling's secret" };

describe("the siblings of an assignment", () => {
  it("are the other targets of the rule that the agent reaches, with access to them; nothing of it is logged", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using agent = new FakeAgent({ address: plane.address, world, work: idle });
    const targets = ["sg", "fra", "hidden", "theirs"].map((name) => ({ instance: name, namespace: "mirror", repository: "", flatten: 0 }));
    const hidden = [{ url: "https://hidden.example", network: "idc", address: "", ca: "" }];
    await apply(plane.client, {
      resources: [
        instance("gz"),
        instance("sg"),
        instance("fra", { credential }),
        instance("hidden", { endpoints: hidden }),
        instance("theirs", { account: "other" }),
        rule("r", { targets: targets.slice(0, 2) }),
        rule("also", { targets: targets.slice(2) }),
      ],
    });
    const id = (await run(plane.client)).execution?.id ?? "";

    const both = await until("both tasks", () => agent.assignments.length === 2 && agent.assignments);

    const siblings = new Map(both.map((one) => [one.target?.instance, one.siblings]));
    expect(siblings.get("sg")).toMatchObject([{ instance: "fra", endpoint: { url: "https://fra.example" }, credential }]);
    expect(siblings.get("fra")).toMatchObject([{ instance: "sg", credential: undefined }]);
    expect(new Set(both.map(({ executionId }) => executionId))).toEqual(new Set([id]));
    expect(JSON.stringify(plane.logged)).not.toContain(credential.password);
  });
});
