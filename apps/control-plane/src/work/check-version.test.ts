import { describe, expect, it } from "vitest";
import { FakeAgent } from "../testing/fake-agent.ts";
import { apply, call, runToEnd, startTest, until } from "../testing/test-control-plane.ts";
import { World } from "../testing/world.ts";
import { VERSION } from "../version.ts";
import { checkVersion, versionWarning } from "./check-version.ts";

const [major = 0, minor = 0] = VERSION.split(".").map(Number);
const newer = (minors: number) => `${major}.${minor + minors}.0`;

describe("the versions of agents and control plane", () => {
  it.each(["0.4.9", "0.5.0", "0.6.1"])("%s works with 0.5.2", (version) => {
    expect(() => checkVersion("a1", version, "0.5.2")).not.toThrow();
  });

  it.each([
    ["0.3.9", /^Upgrade the agent/],
    ["0.7.0", /^Upgrade the control plane first/],
    ["1.5.0", /^Upgrade the control plane first/],
  ])("%s does not: the hint says which side to upgrade", (version, hint) => {
    expect(() => checkVersion("a1", version, "0.5.2")).toThrow(
      expect.objectContaining({ code: "VERSION_SKEW", hint: expect.stringMatching(hint) }),
    );
  });

  it("are warned of where the next upgrade would part them", () => {
    expect(versionWarning("0.5.0", "0.5.2")).toBeUndefined();
    expect(versionWarning("0.4.0", "0.5.2")).toMatch(/upgrade the agent before the next minor version$/);
    expect(versionWarning("0.6.0", "0.5.2")).toMatch(/upgrade the control plane before the next minor version$/);
  });

  it("one minor apart copy; two apart are refused by name", async () => {
    await using plane = await startTest();
    const world = new World();
    world.push("gz", { "team/app:v1": 1 });
    using next = new FakeAgent({ address: plane.address, world, said: { version: newer(1) } });
    await apply(plane.client);
    await until("the welcome", () => next.heardOf("welcome").length > 0);
    expect(await runToEnd(plane.client)).toMatchObject({ tasks: { succeeded: 1 } });
    const agent = await call(plane.client, plane.client.agents, plane.client.agents.getAgent, { name: "a1" });
    expect(agent.warnings).toMatchObject([expect.stringContaining("upgrade the control plane")]);
    using far = new FakeAgent({ address: plane.address, world, name: "a2", said: { version: newer(2) } });
    const error = await until("the refusal", () => far.error);
    expect(error).toMatchObject({ code: "VERSION_SKEW" });
    expect(error.message).toBe(
      `connecting agent a2: the agent has version ${newer(2)}, the control plane ${VERSION}; they work together at most one minor version apart`,
    );
  });
});
