import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { buildWanlink, type Link, openLongLink, whyNoLink, within } from "./long-link.ts";

const LINK: Link = { roundTrip: 60, loss: 0, rate: 200, congestion: "cubic" };

/** Milliseconds until a port where nobody listens refuses: one round trip. */
const KNOCK = `const t = performance.now(); require("node:net").connect(9, "10.77.0.1")
  .on("error", (e) => console.log(JSON.stringify({ code: e.code, milliseconds: performance.now() - t })))`;

async function withLink<T>(link: Link, use: (near: string, close: () => Promise<number>) => Promise<T>): Promise<T> {
  const scratch = await mkdtemp(join(tmpdir(), "transship-link-"));
  try {
    await using line = await openLongLink(await buildWanlink(scratch), link, 1);
    return await use(line.near.namespace, line.close);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

describe.skipIf(whyNoLink() !== undefined)(`a long link (skipped without root, ip, cc and /dev/net/tun)`, () => {
  it("takes its round trip, sends with the congestion control that was asked for, and leaves nothing", async () => {
    const namespace = await withLink(LINK, async (near, close) => {
      const [program = "", ...args] = [...within(near), process.execPath, "-e", KNOCK];
      const knock = JSON.parse(execFileSync(program, args, { encoding: "utf8" })) as { code: string; milliseconds: number };
      const routes = execFileSync(program, ["-n", near, "route"], { encoding: "utf8" });

      expect(knock.code).toBe("ECONNREFUSED");
      expect(knock.milliseconds).toBeGreaterThanOrEqual(LINK.roundTrip);
      expect(knock.milliseconds).toBeLessThan(LINK.roundTrip * 5);
      expect(routes).toMatch(/10\.77\.0\.1 dev wan0 .*congctl cubic/);
      expect(await close()).toBeGreaterThanOrEqual(40);
      return near;
    });

    expect(existsSync(`/var/run/netns/${namespace}`)).toBe(false);
  });

  it("takes its namespaces away when a use fails", async () => {
    let namespace = "";

    await expect(
      withLink(LINK, async (near) => {
        namespace = near;
        throw new Error("on purpose");
      }),
    ).rejects.toThrow("on purpose");

    expect(namespace).toMatch(/-near$/);
    expect(existsSync(`/var/run/netns/${namespace}`)).toBe(false);
  });
});
