import { Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { TransshipError } from "@transship/errors";
import fc from "fast-check";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import type { Call } from "../command.ts";
import type { Document } from "../documents/document.ts";
import type { Noun } from "../nouns/noun.ts";
import { OUTPUT, WATCH } from "../options.ts";
import { Settings } from "../settings.ts";
import { fitScreen } from "./fit-screen.ts";
import { watchChanges } from "./watch.ts";

interface Item extends Document {
  readonly metadata: { readonly name: string };
  readonly state: string;
}

const item = (name: string, state: string): Item => ({ apiVersion: "transship/v1", kind: "Item", metadata: { name }, state });
const items = {
  noun: "item",
  name: ({ metadata }: Item) => metadata.name,
  isDone: ({ state }: Item) => state === "succeeded",
  columns: [
    { title: "NAME", cell: ({ metadata }: Item) => metadata.name },
    { title: "STATE", cell: ({ state }: Item) => state },
  ],
} as unknown as Noun;
const AWAY = new TransshipError("CONTROL_PLANE_UNREACHABLE", { what: "asking", why: "away" });

/** Watches what is found one look after the other, until the item is done, or as one item of a list until the looks end. */
async function watch(
  looks: (Item[] | Error)[],
  options: { format?: string; screen?: { columns: number; rows: number }; single?: boolean },
) {
  const { format = "table", screen, single = true } = options;
  let err = "";
  const writes: string[] = [];
  const asked: number[] = [];
  const end = new AbortController();
  const stream = new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      writes.push(text);
      done();
    },
  });
  const out = Object.assign(stream, { isTTY: screen !== undefined, ...screen, getColorDepth: () => 4 });
  const settings = new Settings([OUTPUT, WATCH], { flags: { output: format, watch: true }, environment: {}, context: {} });
  const streams = { out, err: { write: (text: string) => (err += text) } };
  const call = { settings, streams, signal: end.signal } as unknown as Call;
  const left = [...looks];
  const look = async (most: number) => {
    asked.push(most);
    const found = left.shift();
    if (left.length === 0 && !single) end.abort(new Error("interrupted"));
    if (found instanceof Error) throw found;
    return found ?? [];
  };
  const failure = await watchChanges(call, items, look, single, 1).then(
    () => undefined,
    (error: unknown) => error,
  );
  return { out: writes.join(""), writes, err, asked, failure };
}

describe("watching on a terminal", () => {
  const screen = { columns: 20, rows: 4 };

  it("draws over the table before, in one write, and clears only the first time", async () => {
    const { writes, failure } = await watch([[item("a", "copying")], [item("a", "succeeded")]], { screen });
    expect(failure).toBeUndefined();
    expect(writes.map((text) => text.includes("\u001b[2J"))).toEqual([true, false]);
    expect(writes[1]?.startsWith("\u001b[H")).toBe(true);
    expect(stripVTControlCharacters(writes[1] ?? "")).toBe("NAME  STATE\na     succeeded\n");
  });

  it("neither wraps nor scrolls where it is small, and asks for no more than it can show", async () => {
    const many = Array.from({ length: 9 }, (_, index) => item(`a-name-that-is-long-${index}`, "copying"));
    const { writes, asked } = await watch([many], { screen, single: false });
    const lines = stripVTControlCharacters(writes[0] ?? "")
      .trimEnd()
      .split("\n");
    expect(lines).toEqual(["NAME               …", "a-name-that-is-long…", "… more than fits he…"]);
    expect(asked).toEqual([4]);
  });

  it("says there, and not on stderr, that there is nothing", async () => {
    const { out, err } = await watch([[]], { screen, single: false });
    expect(stripVTControlCharacters(out)).toBe("no items\n");
    expect(err).toBe("");
  });

  it("goes on after the control plane was away, and says so meanwhile", async () => {
    const { writes, failure } = await watch([[item("a", "copying")], AWAY, AWAY, [item("a", "succeeded")]], {
      screen: { columns: 80, rows: 5 },
    });
    expect(failure).toBeUndefined();
    expect(writes.map((text) => stripVTControlCharacters(text).trimEnd().split("\n").at(-1))).toEqual([
      "a     copying",
      "the control plane cannot be reached; trying again",
      "a     succeeded",
    ]);
  });

  it("ends with the first look's failure", async () => {
    expect((await watch([AWAY], { screen })).failure).toBe(AWAY);
  });
});

describe("watching without a terminal", () => {
  it("prints what changes under one head, in columns that stay", async () => {
    const looks = [
      [item("first", "copying"), item("b", "queued")],
      [item("first", "copying"), item("b", "copying")],
      [item("first", "copying")],
    ];
    const { out, err, asked, failure } = await watch(looks, { single: false });
    expect(out).toBe("NAME   STATE\nfirst  copying\nb      queued\nb      copying\n");
    expect(err).toBe("item/b is gone\n");
    expect(asked[0]).toBe(Number.POSITIVE_INFINITY);
    expect(failure).toMatchObject({ message: "interrupted" });
  });

  it("prints JSON a line for each change, and ends when the item is done", async () => {
    const looks = [[item("a", "copying")], [item("a", "copying")], AWAY, [item("a", "succeeded")]];
    const { out, err, failure } = await watch(looks, { format: "json" });
    expect(failure).toBeUndefined();
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => (JSON.parse(line) as Item).state),
    ).toEqual(["copying", "succeeded"]);
    expect(err).toBe("the control plane cannot be reached; trying again\n");
  });

  it("says once that there is nothing yet", async () => {
    const { out, err } = await watch([[], [], [item("a", "queued")]], { single: false });
    expect([out, err]).toEqual(["NAME  STATE\na     queued\n", "no items\n"]);
  });
});

describe("fitScreen", () => {
  it("keeps every line within the screen, and all colours", () => {
    const coloured = fc.array(fc.oneof(fc.string(), fc.constantFrom("\u001b[31m", "\u001b[39m", "广州", "\n")), { maxLength: 30 });
    fc.assert(
      fc.property(coloured, fc.integer({ min: 2, max: 40 }), fc.integer({ min: 3, max: 10 }), (pieces, columns, rows) => {
        const text = pieces.join("");
        const lines = fitScreen(text, { columns, rows });
        expect(lines.length).toBeLessThan(rows);
        for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(columns);
        const whole = text.replace(/\n$/, "").split("\n");
        if (whole.length < rows) expect(lines.map(colours)).toEqual(whole.map(colours));
      }),
    );
  });
});

function colours(line: string): string[] {
  return line
    .split("\u001b")
    .slice(1)
    .map((rest) => rest.slice(0, 4));
}
