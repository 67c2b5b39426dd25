import type { LogEntry } from "@transship/model";
import type { LogBatch, LogStore } from "@transship/store";
import { pino } from "pino";
import { describe, expect, it, vi } from "vitest";
import { LogWriter } from "./log-writer.ts";

/** A store that keeps what it is given, or refuses it. */
function fakeStore() {
  const kept: LogEntry[] = [];
  const fake = { kept, refuses: false, refused: 0, batches: 0 };
  const append = async ({ entries }: LogBatch) => {
    if (fake.refuses) {
      fake.refused += 1;
      throw new Error("the disk is full");
    }
    fake.batches += 1;
    kept.push(...entries);
  };
  const unused = () => Promise.reject(new Error("not asked for here"));
  const store: LogStore = { append, after: unused, last: unused, cursor: unused };
  return { fake, writer: new LogWriter(store, pino({ level: "silent" })) };
}

function entry(message: string): LogEntry {
  const at = "2026-01-01T00:00:00.000Z";
  return { executionId: "e", taskId: undefined, at, level: "info", source: "control-plane", code: undefined, message, fields: {} };
}

describe("the writer of logs", () => {
  it("writes many lines at once, in order, and the rest at the end", async () => {
    const { fake, writer } = fakeStore();
    const stop = new AbortController();
    const running = writer.run(stop.signal);
    for (let line = 0; line < 100; line++) writer.add(entry(`${line}`));
    await vi.waitFor(() => expect(fake.kept.map(({ message }) => message)).toEqual(Array.from({ length: 100 }, (_, line) => `${line}`)));
    expect(fake.batches).toBe(1);
    writer.add(entry("last"));
    stop.abort();
    await running;
    expect(fake.kept.at(-1)?.message).toBe("last");
  });

  it("keeps what the store refuses, acknowledges nothing of it, and brings it in order later", async () => {
    const { fake, writer } = fakeStore();
    const onStored = vi.fn();
    fake.refuses = true;
    writer.add(entry("1"));
    writer.addOfAgent({ entries: [entry("2")], cursor: { agent: "a", run: "r", number: 1 }, onStored });
    await writer.flush();
    writer.add(entry("3"));
    await writer.flush();
    expect([fake.refused, onStored.mock.calls.length]).toEqual([2, 0]);
    fake.refuses = false;
    await writer.flush();
    expect(fake.kept.map(({ message }) => message)).toEqual(["1", "2", "3"]);
    expect(onStored).toHaveBeenCalledTimes(1);
  });

  it("is bounded while the store refuses, and counts what is missing", async () => {
    const { fake, writer } = fakeStore();
    fake.refuses = true;
    for (let line = 0; line < 20_000 + 5; line++) writer.add(entry("x"));
    await writer.flush();
    fake.refuses = false;
    await writer.flush();
    await writer.flush();
    expect(fake.kept).toHaveLength(20_001);
    expect(fake.kept.at(-1)).toMatchObject({ level: "warn", fields: { lost: "5" } });
  });
});
