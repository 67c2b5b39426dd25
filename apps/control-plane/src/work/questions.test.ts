import type { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, finished, run, startTest, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";

function world(): World {
  const one = new World();
  one.push("gz", { "team/app:v1": 1 });
  return one;
}

describe("questions", () => {
  it("go to the next nearest agent when the nearest vanishes before it says anything", async () => {
    await using plane = await startTest();
    const near = new FakeAgent({ address: plane.address, world: world(), name: "near", region: "gz", answer: () => "silence" });
    using far = new FakeAgent({ address: plane.address, world: world(), name: "far" });
    await until("both", () => [near, far].every((agent) => agent.heardOf("welcome").length > 0));
    await apply(plane.client);
    const { id } = (await run(plane.client)).execution ?? { id: "" };
    await until("the question", () => near.heardOf("question").length > 0);
    expect(far.heardOf("question")).toEqual([]);
    near[Symbol.dispose]();
    expect(await finished(plane.client, id)).toMatchObject({ tasks: { succeeded: 1 } });
    expect(far.heardOf("question")[0]?.ask?.$case).toBe("listTags");
  });

  it("bound how far their answers run ahead, and tell how much is used", async () => {
    await using plane = await startTest();
    const parts = 30;
    using agent = new FakeAgent({
      address: plane.address,
      world: world(),
      answer: ({ id, ask }, self) => {
        if (ask?.$case !== "listTags") return undefined;
        for (let part = 0; part < parts; part++) {
          const tags = [{ repository: "team/app", tag: `t${part}`, digest: "sha256:1" }];
          self.say({
            $case: "answer",
            value: { questionId: id, part, last: part === parts - 1, found: { $case: "tags", value: { tags } } },
          });
        }
        return "silence";
      },
    });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client);
    await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(agent.heardOf("question")[0]?.partsAhead).toBe(8);
    const listing = agent.heardOf("question")[0]?.id;
    const taken = agent.heardOf("answerTaken").filter(({ questionId }) => questionId === listing);
    expect(taken.map((one) => one.parts)).toEqual(Array.from({ length: parts - 1 }, (_, index) => index + 1));
  });

  it("fail when the agent is silent for too long, and are taken back", async () => {
    await using plane = await startTest({ silenceMs: 100 });
    using agent = new FakeAgent({ address: plane.address, world: world(), answer: () => "silence" });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client);
    const end = await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(end.failure).toMatchObject({ code: "TIMED_OUT", side: 1 });
    await until("the end of the question", () => agent.heardOf("cancelQuestion").length === 1);
  });

  it.each<[string, (id: string, tags: wire.FoundTags) => Partial<wire.Answer>]>([
    ["a gap", (_, tags) => ({ part: 1, last: true, found: { $case: "tags", value: tags } })],
    ["another kind of answer", () => ({ part: 0, last: true, found: { $case: "ping", value: { latencyMs: 1 } } })],
    ["a part without content", () => ({ part: 0, last: true, found: undefined })],
  ])("fail on %s: a broken answer is never a short list", async (_name, part) => {
    await using plane = await startTest();
    using agent = new FakeAgent({
      address: plane.address,
      world: world(),
      answer: ({ id }, self) => {
        const message = part(id, { tags: world().list("gz") });
        self.say({ $case: "answer", value: { questionId: id, part: 0, last: true, found: undefined, ...message } });
        return "silence";
      },
    });
    await until("the welcome", () => agent.heardOf("welcome").length > 0);
    await apply(plane.client);
    const end = await finished(plane.client, (await run(plane.client)).execution?.id ?? "");
    expect(end).toMatchObject({ tasks: { total: 0 }, failure: { code: "INTERNAL" } });
  });
});
