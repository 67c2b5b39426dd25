import { seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { digestAt, setStage } from "../test/stage.ts";

const seeded = (registry: Parameters<typeof seedImage>[0], seed: number) =>
  seedImage(registry, { repository: "app", tag: "v1", layers: [{ size: 100, seed }] });

describe("a copy that may replace only what is expected", () => {
  it("moves an absent tag and the expected one, and leaves another", async () => {
    await using stage = await setStage();
    const first = await seeded(stage.source, 1);
    expect((await stage.engine.copy(stage.request("app", "v1", { overwrite: "ours" }))).outcome).toBe("copied");
    const second = await seeded(stage.source, 2);
    const request = stage.request("app", "v1", { overwrite: "ours" });
    expect((await stage.engine.copy(request)).outcome).toBe("foreign");
    expect((await stage.engine.copy({ ...request, expected: first.digest as never })).outcome).toBe("copied");
    expect(await digestAt(stage.target, "app", "v1")).toBe(second.digest);
  });

  it("looks again right before it moves the tag: what somebody pushed during the copy stays", async () => {
    await using stage = await setStage();
    const first = await seeded(stage.target, 1);
    await seeded(stage.source, 2);
    const theirs = await seedImage(stage.target, { repository: "app", tag: "theirs", layers: [{ size: 100, seed: 3 }] });
    let pushed = 0;
    const result = await stage.engine.copy(stage.request("app", "v1", { overwrite: "ours", expected: first.digest as never }), {
      onProgress: ({ phase }) => {
        if (phase !== "copying" || pushed++ > 0) return;
        void stage.target.storage.setTag("app", "v1", theirs.digest);
      },
    });
    expect(pushed).toBeGreaterThan(0);
    expect(result.outcome).toBe("foreign");
    expect(await digestAt(stage.target, "app", "v1")).toBe(theirs.digest);
  });

  it.each(["harbor", "ecr", "acr", "quay"] as const)("is told of a tag that %s keeps from moving, and does not try again", async (form) => {
    await using stage = await setStage();
    const first = await seeded(stage.target, 1);
    await seeded(stage.source, 2);
    const fault = stage.target.faults.add({ action: { kind: "immutable-tags", form }, times: Number.POSITIVE_INFINITY });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({
      code: "TAG_IMMUTABLE",
      side: "target",
      retry: "never",
    });
    expect(fault.fired).toBe(1);
    expect(await digestAt(stage.target, "app", "v1")).toBe(first.digest);
  });
});
