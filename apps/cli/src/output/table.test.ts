import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { type Column, formatTable } from "./table.ts";

interface Row {
  readonly name: string;
  readonly note: string;
  readonly count: number;
}

const COLUMNS: readonly Column<Row>[] = [
  { title: "NAME", cell: (row) => row.name },
  { title: "NOTE", cell: (row) => row.note },
  { title: "COUNT", cell: (row) => String(row.count), align: "right" },
  { title: "EXTRA", cell: () => "extra", wide: true },
];

describe("formatTable", () => {
  it("lines up Chinese, which is twice as wide", () => {
    const rows = [
      { name: "gz-to-sg", note: "广州到新加坡", count: 7 },
      { name: "镜像", note: "plain", count: 1200 },
    ];
    const lines = formatTable(rows, COLUMNS, { wide: false }).trimEnd().split("\n");
    expect(lines).toEqual(["NAME      NOTE          COUNT", "gz-to-sg  广州到新加坡      7", "镜像      plain          1200"]);
    expect(new Set(lines.map((line) => stringWidth(line)))).toEqual(new Set([29]));
  });

  it("shows wide columns only when asked", () => {
    const rows = [{ name: "a", note: "b", count: 1 }];
    expect(formatTable(rows, COLUMNS, { wide: false })).not.toContain("EXTRA");
    expect(formatTable(rows, COLUMNS, { wide: true })).toContain("EXTRA");
  });

  it("keeps a cell on its line and the terminal unharmed, and shows an empty one", () => {
    const rows = [{ name: "a\nb\u001b[2J", note: "", count: 1 }];
    const [, line] = formatTable(rows, COLUMNS, { wide: false }).split("\n");
    expect(line).toBe("a b [2J  -         1");
  });
});
