import { describe, expect, it } from "vitest";
import { parseBenchOptions } from "./bench-options.ts";
import { chosenCases } from "./wan-cases.ts";

const { signal } = new AbortController();

describe("the arguments of a benchmark", () => {
  it("are all optional", () => {
    const { name, options } = parseBenchOptions(["lan"], signal);

    expect(name).toBe("lan");
    expect(options).toEqual({ rounds: undefined, cases: [], capSeconds: undefined, gib: undefined, ours: false, docs: true, signal });
  });

  it("are read with their units", () => {
    const args = ["wan", "--rounds", "2", "--case", "bbr-200", "--case", "layer-1", "--cap", "90s", "--gib", "0.5", "--no-docs"];

    const { options } = parseBenchOptions(args, signal);

    expect(options).toMatchObject({ rounds: 2, cases: ["bbr-200", "layer-1"], capSeconds: 90, gib: 0.5, docs: false });
    expect(chosenCases(options).map(({ link }) => link.roundTrip)).toEqual([200, 200]);
  });

  it("write no table without peers", () => {
    expect(parseBenchOptions(["wan", "--ours"], signal).options).toMatchObject({ ours: true, docs: false });
  });

  it.each([
    [["wan", "--cap", "soon"], /--cap: "soon"/],
    [["wan", "--rounds", "0"], /--rounds: "0"/],
    [["wan", "--rounds", "1.5"], /whole number/],
    [["wan", "lan"], /one benchmark at a time/],
    [["wan", "--speed", "9"], /--speed/],
  ])("are refused where they make no sense: %j", (args, message) => {
    expect(() => parseBenchOptions(args, signal)).toThrow(message);
  });

  it("name cases that exist", () => {
    expect(chosenCases({ cases: [] }).map(({ name }) => name)).toEqual(["cubic-100", "bbr-100"]);
    expect(() => chosenCases({ cases: ["cubic-7"] })).toThrow(/there is no case cubic-7; there are cubic-100,/);
  });
});
