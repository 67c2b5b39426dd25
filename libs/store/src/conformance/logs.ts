import type { LogEntry } from "@transship/model";
import { describe, expect, it } from "vitest";
import { at, lease, type OpenStore, progress, task, withExecution } from "./samples.ts";

/** An entry of execution `e1`. */
export function entry(message: string, more: Partial<LogEntry> = {}): LogEntry {
  const none = { taskId: undefined, code: undefined, fields: {} };
  return { executionId: "e1", at: at(1).toISOString(), level: "info", source: "control-plane", message, ...none, ...more };
}

/** Before the line at the head of a log that counts those which made room. */
const FROM_THE_BEGINNING = -1;

/** Logs of executions. */
export function logConformance(openStore: OpenStore): void {
  describe("logs", () => {
    it("keep the order of each execution, and what a line says", async () => {
      await using store = await openStore();
      await withExecution(store, "e1", "r");
      await withExecution(store, "e2", "s");
      await store.tasks.add([task("1")], at(0));
      const told = entry("second", { taskId: "1", level: "warn", source: "a", code: "TIMED_OUT", fields: { bytes: "7" } });
      await store.logs.append({ entries: [entry("first"), entry("theirs", { executionId: "e2" }), told], cursors: [] });
      await store.logs.append({ entries: [entry("third")], cursors: [] });
      const lines = await store.logs.after({ executionId: "e1" }, FROM_THE_BEGINNING, 10);
      expect(lines).toEqual([
        { ...entry("first"), sequence: 1, artifact: undefined },
        { ...told, sequence: 2, artifact: "team0/app:v1" },
        { ...entry("third"), sequence: 3, artifact: undefined },
      ]);
      expect((await store.logs.after({ executionId: "e2" }, 0, 10)).map(({ sequence }) => sequence)).toEqual([1]);
      expect((await store.logs.after({ executionId: "e1" }, 1, 1)).map(({ message }) => message)).toEqual(["second"]);
      expect((await store.logs.last({ executionId: "e1" }, 2)).map(({ message }) => message)).toEqual(["second", "third"]);
    });

    it("are found by task, level and text, whatever its case and signs", async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1")], at(0));
      const entries = [
        entry("50%_of \\it"),
        entry("Reading Failed", { taskId: "1", level: "warn", code: "TIMED_OUT", source: "west-1" }),
        entry("gave up", { level: "error" }),
        entry("small", { level: "debug" }),
      ];
      await store.logs.append({ entries, cursors: [] });
      const found = async (filter: object) =>
        (await store.logs.after({ executionId: "e1", ...filter }, 0, 10)).map(({ sequence }) => sequence);
      expect(await found({ taskId: "1" })).toEqual([2]);
      expect(await found({ level: "warn" })).toEqual([2, 3]);
      expect(await found({ level: "info" })).toEqual([1, 2, 3]);
      for (const search of ["reading f", "timed_", "WEST", "Team0/App"]) expect(await found({ search })).toEqual([2]);
      for (const search of ["%_OF \\", "50%"]) expect(await found({ search })).toEqual([1]);
      expect(await found({ search: "%" })).toEqual([1]);
      expect(await found({ search: "a_l" })).toEqual([]);
    });

    it("know up to where an agent's lines are stored, and leave out what nobody has", async () => {
      await using store = await openStore();
      await withExecution(store);
      expect(await store.logs.cursor("a")).toBeUndefined();
      const entries = [entry("lost", { executionId: "absent" }), entry("kept")];
      await store.logs.append({ entries, cursors: [{ agent: "a", run: "x", number: 7 }] });
      await store.logs.append({ entries: [], cursors: [{ agent: "a", run: "y", number: 1 }] });
      expect(await store.logs.cursor("a")).toEqual({ agent: "a", run: "y", number: 1 });
      expect((await store.logs.after({ executionId: "absent" }, 0, 9)).length).toBe(0);
      expect((await store.logs.after({ executionId: "e1" }, 0, 9)).map(({ message }) => message)).toEqual(["kept"]);
    });

    it("are bounded: quiet lines of finished tasks make room first, and are counted", { timeout: 60_000 }, async () => {
      await using store = await openStore();
      await withExecution(store);
      await store.tasks.add([task("1"), task("2")], at(0));
      await lease(store, "a", at(1), { limit: 1 });
      await store.tasks.finish({ taskId: "1", epoch: 1 }, { state: "succeeded", progress: progress(1000) }, at(2));
      const of = (taskId: string | undefined, level: LogEntry["level"], count: number, source = "a") =>
        Array.from({ length: count }, (_, index) => entry(`${taskId} ${level} ${index}`, { taskId, level, source }));
      await store.logs.append({ entries: of(undefined, "info", 5, "control-plane"), cursors: [] });
      await store.logs.append({ entries: [...of("1", "info", 9_000), ...of("1", "warn", 5), ...of("2", "info", 10_000)], cursors: [] });
      const before = await store.logs.after({ executionId: "e1" }, FROM_THE_BEGINNING, 30_000);
      await store.logs.append({ entries: of("1", "debug", 2_000), cursors: [] });
      const lines = await store.logs.after({ executionId: "e1" }, FROM_THE_BEGINNING, 30_000);
      const [marker, ...rest] = lines;
      expect(before).toHaveLength(19_010);
      expect(rest.length).toBeLessThanOrEqual(20_000);
      const removed = 21_010 - rest.length;
      expect(marker).toMatchObject({ sequence: 0, level: "warn", fields: { removed: String(removed) } });
      const gone = new Set(before.map(({ message }) => message));
      for (const { message } of rest) gone.delete(message);
      expect([...gone]).toEqual(of("1", "info", removed).map(({ message }) => message));
      await store.logs.append({ entries: of("2", "debug", 10_000), cursors: [] });
      const [again, ...left] = await store.logs.after({ executionId: "e1" }, FROM_THE_BEGINNING, 30_000);
      expect(again).toMatchObject({ sequence: 0, fields: { removed: String(31_010 - left.length) } });
      expect(left.filter(({ level }) => level === "warn")).toHaveLength(5);
      expect(left.filter(({ taskId }) => taskId === undefined)).toHaveLength(5);
    });
  });
}
