import { PassThrough } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { NO_BYTES } from "@transship/model";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { blobSumsDocument } from "../documents/blobs.ts";
import { fitEnd, fitMiddle } from "./fit-width.ts";
import { failureLines, outcomeLine, progressBar, progressLine, type Snapshot } from "./progress-text.ts";
import { Rate } from "./rate.ts";
import { showProgress } from "./show-progress.ts";

const MIB = 1024 ** 2;
const TASKS = { total: 4, succeeded: 1, failed: 0, skipped: 0, cancelled: 0, running: 2, retrying: 1 };

function snapshot(changes: Partial<Snapshot> = {}): Snapshot {
  return {
    state: "copying",
    trigger: "manual",
    tasks: TASKS,
    unchanged: 3,
    repositories: 1,
    deleted: 0,
    bytes: { ...NO_BYTES, copied: 10 * MIB },
    totalBytes: 40 * MIB,
    doneBytes: 10 * MIB,
    fetchedBytes: 10 * MIB,
    ...blobSumsDocument([]),
    failures: [],
    ...changes,
  };
}

describe("Rate", () => {
  it("counts only the last seconds", () => {
    const rate = new Rate(10_000);
    rate.add(0, 0);
    expect(rate.perSecond()).toBe(0);
    rate.add(1000, 1000);
    expect(rate.perSecond()).toBe(1000);
    rate.add(1000, 30_000);
    rate.add(1000, 41_000);
    expect(rate.perSecond()).toBe(0);
  });

  it("starts anew when the count goes back", () => {
    const rate = new Rate();
    rate.add(5000, 0);
    rate.add(100, 1000);
    expect(rate.perSecond()).toBe(0);
  });
});

describe("lines of progress", () => {
  it("say phase, tasks, bytes, rate and what is left", () => {
    expect(progressLine("gz", snapshot(), { fetching: 5 * MIB, moving: 5 * MIB })).toBe(
      "gz: copying · 1/4 tasks, 1 retrying · 3 unchanged · 10.0 MiB of 40.0 MiB · 5.0 MiB/s · 6s left",
    );
  });

  it("count a byte half when it is fetched and half when it has arrived, and show both", () => {
    const fetching = snapshot({ doneBytes: 0, fetchedBytes: 30 * MIB });
    expect(progressLine("gz", fetching, { fetching: 10 * MIB, moving: 5 * MIB })).toBe(
      "gz: copying · 1/4 tasks, 1 retrying · 3 unchanged · 0 B of 40.0 MiB, 30.0 MiB fetched · 10.0 MiB/s · 5s left",
    );
    expect(progressBar(fetching, 8)).toBe("[###-----] 37 %");
    expect(progressBar(snapshot({ doneBytes: 20 * MIB, fetchedBytes: 40 * MIB }), 8)).toBe("[######--] 75 %");
    expect(progressBar(snapshot({ doneBytes: 40 * MIB, fetchedBytes: 40 * MIB }), 8)).toBe("[########] 100 %");
  });

  it("leave out what is not known", () => {
    const early = snapshot({
      state: "inventory",
      tasks: { ...TASKS, total: 0 },
      unchanged: 0,
      totalBytes: 0,
      doneBytes: 0,
      fetchedBytes: 0,
    });
    expect(progressLine("gz", early, { fetching: 0, moving: 0 })).toBe("gz: inventory");
  });

  it("say how it ended", () => {
    const end = snapshot({ state: "succeeded", bytes: { ...NO_BYTES, copied: MIB, resumed: 2 * MIB }, tasks: { ...TASKS, retrying: 0 } });
    expect(outcomeLine("gz", end, 12_000)).toBe("gz: succeeded in 12s · 1 copied, 3 unchanged · 1.0 MiB copied, 2.0 MiB resumed");
  });

  it("explain failures and count the rest", () => {
    const failure = {
      task: "t",
      artifact: "app:v1",
      code: "DENIED",
      side: "target",
      message: "push: denied",
      hint: "Ask.",
      attempts: 2,
    } as const;
    const end = snapshot({ tasks: { ...TASKS, failed: 3 }, failures: [failure, failure, failure] });
    expect(failureLines(end, 1)).toEqual(["app:v1: push: denied (target) · tried 2 times · Ask. · DENIED", "… and 2 more"]);
  });
});

describe("the time left", () => {
  it("is known while a large layer is still coming and nothing of it has arrived", () => {
    const stream = new PassThrough();
    let now = 0;
    using progress = showProgress(stream as unknown as NodeJS.WriteStream, "gz", () => now);
    for (let second = 0; second <= 10; second++) {
      now = second * 1000;
      const fetched = second * MIB;
      progress.update(snapshot({ doneBytes: 0, fetchedBytes: fetched, bytes: { ...NO_BYTES, copied: fetched } }));
    }
    const last = String(stream.read()).trimEnd().split("\n").at(-1);
    expect(last).toContain("0 B of 40.0 MiB, 10.0 MiB fetched · 1.0 MiB/s · 1m10s left");
  });
});

describe("progress that is no terminal", () => {
  it("writes a line at each change of phase and at most every five seconds", () => {
    const stream = new PassThrough();
    let now = 0;
    using progress = showProgress(stream as unknown as NodeJS.WriteStream, "gz", () => now);
    progress.update(snapshot({ state: "inventory" }));
    progress.update(snapshot());
    for (let step = 1; step <= 11; step++) {
      now += 1000;
      progress.update(snapshot({ doneBytes: (10 + step) * MIB, fetchedBytes: (10 + step) * MIB }));
    }
    const lines = String(stream.read()).trimEnd().split("\n");
    expect(lines).toHaveLength(4);
    expect(lines[2]).toContain("15.0 MiB of 40.0 MiB");
  });
});

describe("progress on a terminal", () => {
  const terminal = (columns: number) => Object.assign(new PassThrough(), { isTTY: true, columns }) as unknown as NodeJS.WriteStream;

  it("keeps every line under the width, whatever the label, and still says how far it is", () => {
    const stream = terminal(60);
    const label = "registry.example.com/team0/镜像 → registry.example.org/mirror/镜像";
    {
      using progress = showProgress(stream, label, () => 0);
      progress.update(snapshot());
    }
    const written = String((stream as unknown as PassThrough).read());
    const [block = "", erased] = written.split("\u001b[3F");
    const lines = stripVTControlCharacters(block).trimEnd().split("\n");
    expect(lines).toHaveLength(3);
    for (const line of lines) expect(stringWidth(line)).toBeLessThan(60);
    expect(lines[0]).toMatch(/^registry.*….*镜像:$/);
    expect(lines[1]).toContain("copying · 1/4 tasks");
    expect(erased).toBe("\u001b[0J");
  });

  it("cuts by display width", () => {
    expect([fitEnd("abcdef", 6), fitEnd("abcdef", 5), fitMiddle("abcdef", 5)]).toEqual(["abcdef", "abcd…", "ab…ef"]);
    expect([fitEnd("广州到新加坡", 8), fitMiddle("广州到新加坡", 8)]).toEqual(["广州到…", "广州…坡"]);
  });
});
