import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectControlPlane, wire } from "@transship/api";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeAgent, type FakeAgentOptions } from "./testing/fake-agent.ts";
import { apply, execution, finished, run, startTest, until } from "./testing/test-control-plane.ts";
import { World } from "./testing/world.ts";

const { INVENTORY, PLANNING, COPYING, SUCCEEDED } = wire.ExecutionState;
const SCRIPT = fileURLToPath(new URL("./testing/control-plane-process.ts", import.meta.url));

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "transship-"));
});
afterEach(() => rm(directory, { recursive: true }));

async function startProcess() {
  const child = spawn(process.execPath, [SCRIPT, directory, "30000"], { stdio: ["ignore", "pipe", "inherit"] });
  const [address] = (await once(createInterface(child.stdout), "line")) as [string];
  const kill = async () => {
    child.kill("SIGKILL");
    const [, signal] = await once(child, "exit");
    return signal as string;
  };
  return { address, kill };
}

describe("a control plane that is killed", () => {
  it.each<[string, wire.ExecutionState, Pick<FakeAgentOptions, "answer" | "work">]>([
    ["listing", INVENTORY, { answer: () => "silence" }],
    [
      "planning",
      PLANNING,
      {
        work: () => undefined,
        answer: ({ id, ask }, self) => {
          if (ask?.$case !== "listTags") return undefined;
          const digest = `sha256:${"1".padStart(64, "0")}`;
          const found: wire.Answer["found"] = { $case: "tags", value: { tags: [{ repository: "team/app", tag: "v1", digest }] } };
          for (let part = 0; part < 4; part++) self.say({ $case: "answer", value: { questionId: id, part, last: false, found } });
          return "silence";
        },
      },
    ],
    ["copying", COPYING, { work: () => undefined }],
  ])("while it is %s goes on by itself", async (_name, state, behaviour) => {
    const world = new World();
    world.push("gz", { "team/app:v1": 1, "team/app:v2": 2 });
    const first = await startProcess();
    using client = connectControlPlane({ address: first.address, insecure: true });
    using before = new FakeAgent({ address: first.address, world, ...behaviour });
    await apply(client);
    const { id } = (await run(client)).execution ?? { id: "" };
    await until("the phase", async () => (await execution(client, id)).state === state);
    if (state !== INVENTORY) await until("a task", () => before.assignments.length > 0);
    expect(await first.kill()).toBe("SIGKILL");

    await using plane = await startTest({ store: { directory }, leaseMs: 30_000 });
    const holds = before.assignments.flatMap((task) => task.lease ?? []);
    using after = new FakeAgent({ address: plane.address, world, holds });
    for (const task of before.assignments) after.succeed(task);
    expect(await finished(plane.client, id)).toMatchObject({ state: SUCCEEDED, unchanged: 0, tasks: { total: 2, succeeded: 2 } });
    expect(before.assignments.length + after.assignments.length).toBe(2);
  });
});
