import { wire } from "@transship/api";
import { describe, expect, it } from "vitest";
import { type TaskDocument, wholeTaskDocument } from "../documents/task.ts";
import { describeValue } from "../output/describe.ts";
import { formatTable } from "../output/table.ts";
import { BLOB_COLUMNS } from "./blob-columns.ts";
import { tasks } from "./task.ts";

const MIB = 1024 ** 2;
const HEX = "0123456789abcdef".repeat(4);
const segmented: wire.BlobReport = {
  digest: `sha256:${HEX}`,
  size: 208 * MIB,
  rung: wire.Rung.RESUMED,
  way: wire.Way.SEGMENTED,
  from: "sh",
  upload: wire.UploadWay.CHUNKED,
  ranges: 16,
  retries: 2,
  copied: 200 * MIB,
  resumed: 8 * MIB,
  wasted: 1536,
  milliseconds: 8000,
  state: wire.BlobState.UNDER_WAY,
};
const existing: wire.BlobReport = {
  ...wire.BlobReport.create(),
  digest: `sha512:${HEX}${HEX}`,
  size: 40,
  rung: wire.Rung.EXISTING,
  milliseconds: 21,
};
const document: TaskDocument = wholeTaskDocument({ ...wire.Task.create(), id: "t1", blobs: [segmented, existing] });

describe("a task's blobs", () => {
  it("are an array in JSON, a blob that was not copied having no way", () => {
    expect(JSON.parse(JSON.stringify(document)).status.blobs).toEqual([
      { ...segmented, state: "under-way", rung: "resumed", way: "segmented", upload: "chunked" },
      {
        digest: existing.digest,
        size: 40,
        state: "done",
        rung: "existing",
        ranges: 0,
        retries: 0,
        copied: 0,
        resumed: 0,
        wasted: 0,
        milliseconds: 21,
      },
    ]);
  });

  it("are a table in describe, and nothing twice", () => {
    expect(
      formatTable(document.status.blobs ?? [], BLOB_COLUMNS, { wide: false })
        .trimEnd()
        .split("\n"),
    ).toEqual([
      "DIGEST                  SIZE  STATE      RUNG      WAY        FROM  RANGES  MiB/s  RETRIES  RESUMED   WASTED  TIME",
      "sha256:0123456789ab  208 MiB  under-way  resumed   segmented  sh        16   25.0        2  8.0 MiB  1.5 KiB  8.0s",
      "sha512:0123456789ab     40 B  done       existing  -          -          -      -        -        -        -  21ms",
    ]);
    expect(describeValue(document)).toContain(HEX);
    expect(describeValue(tasks.brief?.(document) ?? document)).not.toContain(HEX);
  });
});
