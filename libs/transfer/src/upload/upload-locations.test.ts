import { type FaultAction, type FaultMatch, seedImage } from "@transship/dev-registry";
import { describe, expect, it } from "vitest";
import { setStage } from "../../test/stage.ts";
import { copyTo } from "../../test/upload-stage.ts";

const MIB = 1024 * 1024;
/** More than one chunk has at most (16 MiB), and above what is streamed. */
const LARGE = 17 * MIB;

describe("upload locations", () => {
  it.each(["relative", "absolute"] as const)("%s ones are followed with their query", async (locations) => {
    const { stage, ...copied } = await copyTo({ locations, singlePost: false }, LARGE);
    await using _ = stage;
    expect(copied.losses).toEqual([]);
    const sessions = stage.target.stats.log.filter(({ op }) => op === "blob-patch" || op === "blob-put");
    // The small blobs and the large one's end are PUTs.
    expect(sessions.filter(({ op }) => op === "blob-put")).toHaveLength(3);
    expect(sessions.filter(({ op }) => op === "blob-patch").length).toBeGreaterThan(1);
    expect(sessions.every(({ target }) => target.includes("_state="))).toBe(true);
  });

  it.each<[string, FaultMatch["op"], number]>([
    ["a single POST", "blob-post", 2_000],
    ["a POST", "blob-start", 9 * MIB],
    ["a chunk", "blob-patch", LARGE],
  ])("at another host get no byte, after %s", async (_, op, size) => {
    await using elsewhere = await setStage();
    await using stage = await setStage({ target: { settings: { singlePost: op !== "blob-post" } } });
    const action: FaultAction = { kind: "foreign-location", location: `${elsewhere.target.url}/v2/app/blobs/uploads/1?_state=x` };
    const foreign = stage.target.faults.add({ action, match: { op: op ?? [] }, times: Number.POSITIVE_INFINITY });
    await seedImage(stage.source, { repository: "app", tag: "v1", layers: [{ size, seed: 1 }] });
    await expect(stage.engine.copy(stage.request("app", "v1"))).rejects.toMatchObject({ code: "REDIRECT_REFUSED", side: "target" });
    expect(foreign.fired).toBeGreaterThan(0);
    expect(elsewhere.target.stats.requests()).toBe(0);
  });
});
