import type { LogLine } from "@transship/model";
import { describe, expect, it } from "vitest";
import { wire } from "./index.ts";
import { logEntryFromMessage, logLevelFromMessage, logLineToMessage } from "./log-mapping.ts";

const NOW = new Date("2026-01-02T03:04:05.678Z");

function told(more: Partial<wire.TaskLogLine>): wire.TaskLogLine {
  const lease = { taskId: "e.1", epoch: 1 };
  return { number: 1, lease, at: "2026-01-01T00:00:00.000Z", level: wire.LogLevel.WARN, code: "", message: "m", fields: {}, ...more };
}

describe("log lines of agents", () => {
  it("are taken as they are", () => {
    expect(logEntryFromMessage(told({ code: "TIMED_OUT", fields: { a: "b" } }), "e", "west-1", NOW)).toEqual({
      executionId: "e",
      taskId: "e.1",
      at: "2026-01-01T00:00:00.000Z",
      level: "warn",
      source: "west-1",
      code: "TIMED_OUT",
      message: "m",
      fields: { a: "b" },
    });
  });

  it("make sense whatever a newer or broken agent says", () => {
    const odd = told({ code: "NEWER", at: "yesterday", level: 99 as wire.LogLevel });
    expect(logEntryFromMessage(odd, "e", "west-1", NOW)).toMatchObject({
      at: NOW.toISOString(),
      level: "info",
      code: undefined,
      message: "m (NEWER)",
    });
    expect(logLevelFromMessage(wire.LogLevel.UNSPECIFIED)).toBeUndefined();
  });
});

describe("stored lines", () => {
  it("travel with nothing undefined", () => {
    const line: LogLine = {
      executionId: "e",
      taskId: undefined,
      artifact: undefined,
      sequence: 3,
      at: NOW.toISOString(),
      level: "error",
      source: "control-plane",
      code: undefined,
      message: "m",
      fields: {},
    };
    const message = logLineToMessage(line);
    expect(wire.LogLine.decode(wire.LogLine.encode(message).finish())).toEqual(message);
    expect(message).toMatchObject({ taskId: "", artifact: "", code: "", level: wire.LogLevel.ERROR });
  });
});
