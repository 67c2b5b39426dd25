import { TransshipError } from "@transship/errors";
import { describe, expect, it } from "vitest";
import type { OptionRow } from "./command.ts";
import { Settings } from "./settings.ts";

const OPTIONS: readonly OptionRow[] = [
  { flags: "--server <host:port>", help: "address", fallback: "127.0.0.1:7401", fromContext: true },
  { flags: "--data-dir <dir>", help: "directory" },
  { flags: "--wait", help: "wait", type: "flag" },
  { flags: "--network <name>", help: "network", type: "list", fallback: "public" },
  { flags: "--lease <duration>", help: "lease", type: "duration" },
  { flags: "--slots <n>", help: "slots", type: "count" },
  { flags: "-o, --output <format>", help: "format", choices: ["table", "json"] },
];

function settings(flags: Record<string, unknown> = {}, environment: Record<string, string> = {}, context: Record<string, string> = {}) {
  return new Settings(OPTIONS, { flags, environment, context });
}

function refusal(act: () => unknown): TransshipError {
  try {
    act();
  } catch (error) {
    if (error instanceof TransshipError) return error;
  }
  throw new Error("nothing was refused");
}

describe("Settings", () => {
  it("takes flags before environment before context before defaults, and says which", () => {
    const all = [{ server: "flag:1" }, { TRANSSHIP_SERVER: "env:1" }, { server: "context:1" }] as const;
    expect(settings(...all).text("server")).toBe("flag:1");
    expect(settings({}, all[1], all[2]).text("server")).toBe("env:1");
    expect(settings({}, {}, all[2]).text("server")).toBe("context:1");
    expect(settings().text("server")).toBe("127.0.0.1:7401");
    const origins = [settings(...all), settings({}, all[1], all[2]), settings({}, {}, all[2]), settings()].map((each) =>
      each.origin("server"),
    );
    expect(origins).toEqual(["flag", "environment", "context", "default"]);
  });

  it("takes from the context only what may come from there", () => {
    expect(settings({}, {}, { "data-dir": "/elsewhere" }).text("data-dir")).toBeUndefined();
  });

  it("reads each type from the environment too", () => {
    const read = settings({}, { TRANSSHIP_WAIT: "false", TRANSSHIP_NETWORK: "a, b", TRANSSHIP_LEASE: "2m", TRANSSHIP_SLOTS: "8" });
    expect([read.flag("wait"), read.list("network"), read.number("lease"), read.number("slots")]).toEqual([false, ["a", "b"], 120_000, 8]);
  });

  it("names the flag or variable of a value that it cannot read", () => {
    expect(refusal(() => settings({ lease: "soon" })).message).toContain("--lease");
    expect(refusal(() => settings({}, { TRANSSHIP_LEASE: "soon" })).message).toContain("TRANSSHIP_LEASE");
    expect(refusal(() => settings({ output: "xml" })).message).toContain("table, json");
    expect(refusal(() => settings({ slots: "-1" })).exitCode).toBe(2);
    expect(refusal(() => settings({}, { TRANSSHIP_WAIT: "perhaps" })).message).toContain("true or false");
  });

  it("demands what is required", () => {
    const required = [{ flags: "--name <name>", help: "the name", required: true }];
    const error = refusal(() => new Settings(required, { flags: {}, environment: {}, context: {} }));
    expect([error.code, error.hint]).toEqual(["INVALID_ARGUMENT", "Give --name or set TRANSSHIP_NAME: the name."]);
  });
});
