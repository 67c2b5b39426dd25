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

  it("let a source send only a few parts more than were used, however slow the target is", async () => {
    await using plane = await startTest();
    const parts = 40;
    const page = (part: number): wire.FoundTags => ({
      tags: [{ repository: "team/app", tag: `v${part}`, digest: `sha256:${"0".repeat(64)}` }],
    });
    const stalled: { question: wire.Question; agent: FakeAgent }[] = [];
    using agent = new FakeAgent({
      address: plane.address,
      world: world(),
      slots: 0,
      answer: (question, self) => {
        if (question.ask?.$case === "resolveTags") stalled.push({ question, agent: self });
        return "silence";
      },
    });
    await apply(plane.client);
    await run(plane.client);
    const listing = await until("the question", () => agent.heardOf("question").find(({ ask }) => ask?.$case === "listTags"));
    const granted = () =>
      Math.max(
        listing.parts,
        ...agent
          .heardOf("answerCredit")
          .filter((one) => one.questionId === listing.id)
          .map((one) => one.parts),
      );
    expect(listing.parts).toBeGreaterThan(0);
    let sent = 0;
    const sendAll = () => {
      for (; sent < Math.min(granted(), parts); sent++) {
        const found = { $case: "tags", value: page(sent) } as const;
        agent.say({ $case: "answer", value: { questionId: listing.id, part: sent, last: sent === parts - 1, found } });
      }
    };
    // The target answers nothing: the source comes to a stand soon.
    for (let round = 0; round < 30; round++) {
      sendAll();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(sent).toBeLessThanOrEqual(14);
    const before = sent;
    const first = stalled.shift();
    first?.agent.say({
      $case: "answer",
      value: { questionId: first.question.id, part: 0, last: true, found: { $case: "tags", value: { tags: [] } } },
    });
    await until("more credit", () => granted() > before);
    // And then all of it is used, each page as the target answers.
    for (let answered = 1; answered < parts; answered++) {
      const next = await until(`look-up ${answered}`, () => {
        sendAll();
        return stalled.shift();
      });
      next.agent.say({
        $case: "answer",
        value: { questionId: next.question.id, part: 0, last: true, found: { $case: "tags", value: { tags: [] } } },
      });
    }
    expect(sent).toBe(parts);
  });
});
