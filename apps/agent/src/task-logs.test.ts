import type { wire } from "@transship/api";
import { TransshipError } from "@transship/errors";
import { describe, expect, it, vi } from "vitest";
import { TaskLogs } from "./task-logs.ts";
import { tellStep } from "./tell-step.ts";
import type { AgentSays, WorkStream } from "./work-stream.ts";

const LEASE = { taskId: "t", epoch: 1 };

/** A stream that only keeps what it is given. */
function fakeStream() {
  const sent: wire.Log[] = [];
  const send = (said: AgentSays) => {
    if (said.$case === "log") sent.push(said.value);
    return true;
  };
  return { stream: { send } as unknown as WorkStream, sent, numbers: () => sent.flatMap(({ lines }) => lines.map(({ number }) => number)) };
}

function add(logs: TaskLogs, count: number): void {
  for (let line = 0; line < count; line++) logs.add({ lease: LEASE }, { level: "info", message: "m" }, []);
}

const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe("log lines of tasks", () => {
  it("are sent together within a second, and again on the next stream until acknowledged", async () => {
    using logs = new TaskLogs();
    const [first, second] = [fakeStream(), fakeStream()];
    logs.attach(first.stream, true);
    add(logs, 3);
    expect(first.sent).toEqual([]);
    await vi.waitFor(() => expect(first.numbers()).toEqual([1, 2, 3]), 1_000);
    logs.acknowledge(2);
    logs.detach(first.stream);
    add(logs, 1);
    logs.flush();
    logs.attach(second.stream, true);
    expect(second.numbers()).toEqual([3, 4]);
    expect(new Set([...first.sent, ...second.sent].map(({ run }) => run)).size).toBe(1);
    const delivered = logs.delivered();
    logs.acknowledge(4);
    await delivered;
  });

  it("are never more than a window ahead of what is acknowledged", () => {
    using logs = new TaskLogs();
    const { stream, numbers } = fakeStream();
    logs.attach(stream, true);
    add(logs, 2_500);
    logs.flush();
    expect(numbers()).toEqual(upTo(1, 1_000));
    logs.acknowledge(600);
    expect(numbers()).toEqual(upTo(1, 1_600));
    logs.acknowledge(1_600);
    logs.acknowledge(2_500);
    expect(numbers()).toEqual(upTo(1, 2_500));
  });

  it("are counted where they find no room, by a line in the same log", () => {
    using logs = new TaskLogs();
    add(logs, 5_000 + 7);
    const { stream, sent } = fakeStream();
    logs.attach(stream, true);
    for (let number = 1_000; number <= 5_000; number += 1_000) logs.acknowledge(number);
    const last = sent.flatMap(({ lines }) => lines).at(-1);
    expect(last).toMatchObject({ number: 5_001, lease: LEASE, fields: { dropped: "7" } });
    expect(last?.message).toMatch(/^7 lines .* missing/);
  });

  it("are not kept for a control plane that takes none", async () => {
    using logs = new TaskLogs();
    add(logs, 2);
    const { stream, sent } = fakeStream();
    logs.attach(stream, false);
    add(logs, 2);
    await logs.delivered();
    expect(sent).toEqual([]);
  });

  it("hide secrets in sentences and facts", () => {
    using logs = new TaskLogs();
    const { stream, sent } = fakeStream();
    logs.attach(stream, true);
    logs.add({ lease: LEASE }, { level: "warn", message: "it said hunter2!", facts: { said: "hunter2", none: undefined } }, ["hunter2"]);
    logs.flush();
    expect(sent[0]?.lines[0]).toMatchObject({ message: "it said ***!", fields: { said: "***" } });
  });
});

describe("steps of a copy", () => {
  it("name cause, side and next try of a retry", () => {
    const error = new TransshipError("TIMED_OUT", { what: "reading", why: "silence", side: "source", retryAfterMs: 10 });
    expect(tellStep({ kind: "retry", error, waitMs: 412.5 })).toEqual({
      level: "warn",
      message: "tried again in 0.41 s (source): reading: silence",
      code: "TIMED_OUT",
      facts: { side: "source", waitMs: 413, retryAfterMs: 10 },
    });
  });

  it("name the sibling that lacked a blob, or was left, and why", () => {
    const place = { registry: "https://near", repository: "mirror/app", digest: "sha256:a" };
    expect(tellStep({ kind: "wrong-guess", sibling: "near", place })).toEqual({
      level: "debug",
      message: "near does not have blob sha256:a in mirror/app, as it might have",
      facts: { sibling: "near", repository: "mirror/app", digest: "sha256:a" },
    });
    expect(tellStep({ kind: "sibling-left", sibling: "near", place, why: "nothing came for 5000 ms" })).toMatchObject({
      level: "warn",
      message: "blob sha256:a is not read from near any more: nothing came for 5000 ms; the source goes on",
    });
  });

  it("tell of a blob what it cost, and little of one that was there", () => {
    const numbers = { ranges: 1, retries: 2, copied: 2_097_152, resumed: 0, wasted: 0, milliseconds: 1_000 };
    const blob = { digest: "sha256:a", size: 2_097_152, state: "done", way: "stream", from: undefined, ...numbers } as const;
    expect(tellStep({ kind: "blob", report: { ...blob, rung: "copied" } })).toMatchObject({
      level: "info",
      message: "blob sha256:a of 2.0 MiB: copied, stream, in 1.00 s, 2.0 MiB/s, 2 requests repeated",
      facts: { copied: 2_097_152, retries: 2 },
    });
    expect(tellStep({ kind: "blob", report: { ...blob, rung: "existing" } })).toMatchObject({
      level: "debug",
      message: "blob sha256:a of 2.0 MiB: existing",
    });
    expect(tellStep({ kind: "blob", report: { ...blob, rung: "copied", state: "failed" } })).toMatchObject({ level: "warn" });
  });
});
